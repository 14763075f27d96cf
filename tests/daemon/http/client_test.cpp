#include "daemon/http/client.h"
#include "daemon/support/soup_server.h"
#include "support/leak_guard.h"
#include "support/turns.h"

using namespace spillway;
using namespace spillway::daemon::http;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

Told text(std::string body) {
    return {200, {{"X-One", "1"}, {"Link", "<a>"}, {"Link", "<b>"}}, "text/plain", std::move(body), {}};
}

struct Asking {
    explicit Asking(TestSoupServer::Answer answer, Client::Limits limits = {})
        : server(std::move(answer))
        , client(std::make_unique<Client>(loop, limits)) {}

    ClientReply ask(const ClientRequest& request) {
        std::optional<ClientReply> result;
        client->send(request, [&](const ClientReply& reply) { result = reply; });
        CHECK_FALSE(result);
        REQUIRE(loop.runUntil([&] { return result.has_value(); }, 20s));
        return *result;
    }
    ClientReply get(const std::string& url) { return ask({"GET", url, {}, {}, {}}); }

    relay::Loop loop;
    TestSoupServer server;
    std::unique_ptr<Client> client;
};

std::optional<std::chrono::milliseconds> after(const std::string& value) {
    ClientReply reply;
    reply.headers["retry-after"] = value;
    return retryAfter(reply);
}

} // namespace

TEST_CASE("method, headers and body go out, status, headers and body come back") {
    Asking asking([](const Asked&) { return text("hello"); });
    const auto reply = asking.ask(
        {"POST", asking.server.url("/some/path"), {{"If-Match", "\"1\""}}, "application/sdp", "v=0"});
    CHECK(reply.status == 200);
    CHECK(reply.body == "hello");
    REQUIRE(reply.header("x-one") != nullptr);
    CHECK(*reply.header("x-one") == "1");
    CHECK(*reply.header("link") == "<a>, <b>");
    CHECK(reply.header("x-two") == nullptr);
    const Asked& asked = asking.server.last("POST");
    CHECK(asked.path == "/some/path");
    CHECK(asked.body == "v=0");
    CHECK(asked.header("content-type") == "application/sdp");
    CHECK(asked.header("if-match") == "\"1\"");
    CHECK(asked.header("accept-encoding").empty());
}

TEST_CASE("a redirect and a refusal are replies like others") {
    unsigned status = 307;
    Asking asking([&](const Asked&) {
        return Told{status,
                    {{"Location", "/other"}, {"WWW-Authenticate", "Basic realm=\"x\""}},
                    "text/plain",
                    "no",
                    {}};
    });
    CHECK(asking.get(asking.server.url("/")).status == 307);
    status = 401;
    CHECK(asking.get(asking.server.url("/")).status == 401);
    CHECK(asking.server.asked.size() == 2);
}

TEST_CASE("a body up to the limit is read, a larger one is an error") {
    Client::Limits limits;
    limits.maxBody = 50000;
    std::size_t size = 50000;
    Asking asking([&](const Asked&) { return text(std::string(size, 'x')); }, limits);
    CHECK(asking.get(asking.server.url("/")).body.size() == 50000);
    ++size;
    const auto reply = asking.get(asking.server.url("/"));
    CHECK(reply.status == 0);
    CHECK_THAT(reply.error, Catch::Contains("50000"));
    size = 100'000'000;
    CHECK(asking.get(asking.server.url("/")).status == 0);
}

TEST_CASE("a server that does not answer, or not to the end, is given up at the deadline") {
    const auto how = GENERATE(Told::How::never, Told::How::halfway);
    Client::Limits limits;
    limits.deadline = 200ms;
    Asking asking([&](const Asked&) { return Told{200, {}, {}, {}, how}; }, limits);
    const auto start = std::chrono::steady_clock::now();
    const auto reply = asking.get(asking.server.url("/"));
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(reply.status == 0);
    CHECK(reply.timedOut);
    CHECK(took >= 200ms);
    CHECK(took < 2s);
}

TEST_CASE("nobody there and no URL are errors that say so") {
    Asking asking([](const Asked&) { return text(""); });
    const auto refused = asking.get("http://127.0.0.1:1/");
    CHECK(refused.status == 0);
    CHECK_FALSE(refused.error.empty());
    CHECK_FALSE(refused.timedOut);
    CHECK(asking.get("no url").status == 0);
    CHECK(asking.get("").status == 0);
}

TEST_CASE("a client that ends takes its requests with it and leaves no descriptor") {
    const auto how = GENERATE(Told::How::never, Told::How::halfway, Told::How::whole);
    Asking first([](const Asked&) { return text("what GLib makes once is there after this"); });
    first.get(first.server.url("/"));
    relay::Loop& loop = first.loop;
    const LeakGuard guard;
    bool called = false;
    {
        // Its end of the connection goes with it: libsoup's server never sees that of a client that gave up.
        TestSoupServer server([&](const Asked&) { return Told{200, {}, {}, {}, how}; });
        Client client(loop);
        client.send({"GET", server.url("/"), {}, {}, {}}, [&](const ClientReply&) { called = true; });
        REQUIRE(loop.runUntil([&] { return !server.asked.empty(); }, 10s));
    }
    guard.require([&] { turn(loop, 5ms); });
    CHECK_FALSE(called);
}

TEST_CASE("a client may end inside its own reply") {
    Asking asking([](const Asked&) { return text("last"); });
    bool done = false;
    asking.client->send({"GET", asking.server.url("/"), {}, {}, {}}, [&](const ClientReply&) {
        asking.client.reset();
        done = true;
    });
    CHECK(asking.loop.runUntil([&] { return done; }, 10s));
    nothingComes(asking.loop, 50ms);
}

TEST_CASE("requests leave no connection behind") {
    Asking asking([](const Asked&) { return text("bye"); });
    asking.get(asking.server.url("/"));
    const LeakGuard guard;
    for (int i = 0; i < 10; ++i)
        CHECK(asking.get(asking.server.url("/")).status == 200);
    guard.require([&] { turn(asking.loop, 5ms); });
}

TEST_CASE("Retry-After is read as seconds and as a date") {
    CHECK(after("7") == 7s);
    CHECK(after("0") == 0s);
    CHECK_FALSE(after("soon"));
    CHECK_FALSE(after("-1"));
    CHECK_FALSE(after("99999999999999999999"));
    CHECK_FALSE(after("Wed, 21 Oct 2015 07:28:00 GMT"));
    GDateTime* now = g_date_time_new_now_utc();
    GDateTime* later = g_date_time_add_seconds(now, 60);
    const daemon::glib::Text date(soup_date_time_to_string(later, SOUP_DATE_HTTP));
    g_date_time_unref(now);
    g_date_time_unref(later);
    const auto wait = after(date.get());
    REQUIRE(wait);
    CHECK(*wait > 50s);
    CHECK(*wait <= 60s);
    CHECK_FALSE(retryAfter({}));
}
