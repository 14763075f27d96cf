// The player: what the server says with it, and that its parts are what they claim to be.
#include "daemon/http/resources/resources.h"
#include "daemon/support/daemon_process.h"
#include "daemon/support/routed_server.h"
#include "support/catch.h"

#include <cstdlib>
#include <regex>

using namespace spillway;
using namespace spillway::test;

namespace {

struct Player {
    explicit Player(const config::HttpSettings& settings = localSettings())
        : server(settings) {
        daemon::http::addWatch(server.router);
    }
    Reply get(const std::string& path) { return server.ask("GET", path); }

    RoutedServer server;
};

const std::string page = "/watch/studio/alice";

std::size_t count(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern, std::regex::icase);
    return static_cast<std::size_t>(
        std::distance(std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator()));
}

} // namespace

TEST_CASE("the player is served to everybody, with its script and style") {
    Player player(settingsWithTokens());
    const auto reply = player.get(page);
    CHECK(reply.status == 200);
    CHECK(reply.header("content-type") == "text/html; charset=utf-8");
    CHECK(reply.body == daemon::http::watchPage);
    const auto query = player.get(page + "?source=screen");
    CHECK(query.body == reply.body);
    CHECK(player.get("/watch.js").header("content-type") == "text/javascript; charset=utf-8");
    CHECK(player.get("/watch.css").header("content-type") == "text/css; charset=utf-8");
    CHECK(player.get("/watch/studio").status == 404);
    CHECK(player.server.ask("HEAD", page).status == 200);
    CHECK(player.server.ask("POST", page, bearer("admin-secret")).status == 405);
}

TEST_CASE("the player's policy allows its own server's files and nothing inline") {
    Player player;
    for (const std::string path : {page.c_str(), "/watch.js", "/watch.css"}) {
        const auto reply = player.get(path);
        const auto policy = reply.header("content-security-policy");
        CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "
                                 "connect-src 'self';"));
        CHECK(policy.find("unsafe") == std::string::npos);
        CHECK(policy.find('*') == std::string::npos);
        CHECK(reply.header("referrer-policy") == "no-referrer");
        CHECK(reply.header("x-content-type-options") == "nosniff");
    }
    const std::string html = daemon::http::watchPage;
    CHECK(count(html, "<script[^>]*src=\"\\.\\./\\.\\./watch\\.js\"") == 1);
    CHECK(count(html, "<script") == 1);
    CHECK(count(html, "\\son[a-z]+\\s*=") == 0);
    CHECK(count(html, "<style|style=|javascript:|https?:") == 0);
}

TEST_CASE("the player plays in the page, at once and silently") {
    const std::string html = daemon::http::watchPage;
    CHECK(count(html, "<video id=\"video\" playsinline autoplay muted>") == 1);
    CHECK(count(html, "name=\"viewport\"") == 1);
}

TEST_CASE("every part that the player's script looks for is on its page") {
    const std::string script = daemon::http::watchScript;
    const std::string html = daemon::http::watchPage;
    const std::regex wanted(R"(\$\('(\w+)'\))");
    std::size_t parts = 0;
    for (std::sregex_iterator found(script.begin(), script.end(), wanted), end; found != end; ++found) {
        CAPTURE((*found)[1].str());
        CHECK(html.find("id=\"" + (*found)[1].str() + "\"") != std::string::npos);
        ++parts;
    }
    CHECK(parts > 5);
}

TEST_CASE("the player's script can be read by a JavaScript engine") {
    const Folder folder;
    const auto file = folder.write("watch.js", daemon::http::watchScript);
    CHECK(std::system(("node --check " + file).c_str()) == 0);
    const std::string script = daemon::http::watchScript;
    CHECK(count(script, "innerHTML|document\\.write|\\beval\\b|localStorage|https?:") == 0);
}
