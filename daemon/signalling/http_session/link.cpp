#include "daemon/signalling/http_session/link.h"

#include "config/text.h"
#include "config/url.h"
#include "daemon/signalling/http_session/random_id.h"
#include "relay/values/ice_login.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

namespace spillway::daemon::http_session {

namespace {

/// Tells sessions apart in the log and the quotas of a TURN server.
constexpr std::size_t userBytes = 8;

/// quoted-string of RFC 9110 section 5.6.4; line ends cannot be in a header field and are left out.
std::string quoted(const std::string& text) {
    std::string safe = "\"";
    for (const char c : text) {
        if (c == '\r' || c == '\n') continue;
        if (c == '"' || c == '\\') safe += '\\';
        safe += c;
    }
    return safe + '"';
}

struct Link {
    std::string target;
    std::map<std::string, std::string> params; ///< names in lower case; the first of a name counts
};

/// Reads link-values one after the other.
class LinkReader {
  public:
    explicit LinkReader(std::string_view text)
        : rest_(text) {}

    /// Nothing at the end, or where the text is none.
    std::optional<Link> next() {
        while (take(',')) {
        }
        if (!take('<')) return std::nullopt;
        const auto close = rest_.find('>');
        if (close == std::string_view::npos) return std::nullopt;
        Link link{std::string(rest_.substr(0, close)), {}};
        rest_.remove_prefix(close + 1);
        while (take(';'))
            takeParam(link);
        return link;
    }

  private:
    bool take(char wanted) {
        const auto start = rest_.find_first_not_of(" \t");
        if (start == std::string_view::npos || rest_[start] != wanted) return false;
        rest_.remove_prefix(start + 1);
        return true;
    }

    void takeParam(Link& link) {
        const std::string name = lowered(takeToken());
        std::string value;
        if (take('=')) value = take('"') ? takeQuoted() : takeToken();
        if (!name.empty()) link.params.emplace(name, std::move(value));
    }

    std::string takeToken() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
        const auto end = std::min(rest_.find_first_of(" \t;,=\""), rest_.size());
        std::string token(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return token;
    }

    /// What follows the opening quote, with its escapes resolved.
    std::string takeQuoted() {
        std::string value;
        std::size_t at = 0;
        for (; at < rest_.size() && rest_[at] != '"'; ++at) {
            if (rest_[at] == '\\' && at + 1 < rest_.size()) ++at;
            value += rest_[at];
        }
        rest_.remove_prefix(std::min(at + 1, rest_.size()));
        return value;
    }

    std::string_view rest_;
};

bool isIceLink(const Link& link) {
    const auto rel = link.params.find("rel");
    if (rel == link.params.end()) return false;
    const std::string types = lowered(rel->second);
    const auto all = words(types);
    return std::find(all.begin(), all.end(), "ice-server") != all.end();
}

std::optional<config::IceServer> serverOf(const Link& link) {
    try {
        config::checkIceUrl(link.target);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
    config::IceServer server{link.target, {}, std::nullopt};
    if (!config::isTurnUrl(link.target)) return server;
    const auto username = link.params.find("username");
    const auto credential = link.params.find("credential");
    if (username == link.params.end() || credential == link.params.end()) return std::nullopt;
    server.username = username->second;
    server.password = config::Secret(credential->second);
    return server;
}

} // namespace

std::vector<std::string> iceLinks(const std::vector<config::IceServer>& servers, const http::Caller& caller) {
    const http::WallTime expires = std::chrono::system_clock::now() + iceLoginLife;
    const std::string user = randomId(userBytes);
    std::vector<std::string> links;
    for (const auto& server : servers) {
        const auto login = relay::loginOf(server, std::min(expires, caller.expires.value_or(expires)), user);
        std::string link = "<" + server.url + ">; rel=\"ice-server\"";
        if (!login.username.empty()) link += "; username=" + quoted(login.username);
        if (login.password)
            link += "; credential=" + quoted(login.password->reveal()) + "; credential-type=\"password\"";
        links.push_back(std::move(link));
    }
    return links;
}

std::vector<config::IceServer> iceServers(std::string_view link) {
    std::vector<config::IceServer> servers;
    LinkReader reader(link);
    while (servers.size() < maxIceServers) {
        const auto next = reader.next();
        if (!next) break;
        if (!isIceLink(*next)) continue;
        if (auto server = serverOf(*next)) servers.push_back(std::move(*server));
    }
    return servers;
}

} // namespace spillway::daemon::http_session
