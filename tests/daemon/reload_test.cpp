// What a new configuration changes in a running relay, and what it leaves alone.
#include "daemon/reload.h"

#include "daemon/support/daemon_process.h"
#include "relay/base/aside.h"
#include "support/catch.h"
#include "support/settings.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <optional>

using namespace spillway;
using namespace std::chrono_literals;

namespace {

config::Loaded<config::Settings> parse(const std::string& text) {
    return config::load(text, "f");
}

/// Answers every good-bye at once.
struct PolitePresence : daemon::Presence {
    void leave(std::function<void()> onLeft) override { onLeft(); }
};

struct Fixture {
    explicit Fixture(const std::string& text)
        : file(text)
        , relay(loop, std::get<config::Settings>(parse(text)).limits, test::noViewers())
        , reloader(std::get<config::Settings>(parse(text)), [this] { return parse(file); }, relay, calls,
                   {{}, [this](const auto& signedTokens) { renewed.push_back(signedTokens); }}) {
        for (const auto& subscription : reloader.settings().subscriptions)
            relay.addSubscription(subscription);
        for (const auto& call : reloader.settings().calls)
            calls.add(call);
        begun.clear();
    }

    void reload(const std::string& text) {
        file = text;
        reloader.reload();
        bool turned = false;
        loop.post([&] { loop.post([&] { turned = true; }); });
        REQUIRE(loop.runUntil([&] { return turned; }, 10s));
    }
    std::vector<std::string> callNames() const {
        std::vector<std::string> names;
        for (const auto& call : relay.snapshot().calls)
            names.push_back(call.name);
        return names;
    }
    std::vector<std::string> subscriptionNames() const {
        std::vector<std::string> names;
        for (const auto& subscription : relay.snapshot().subscriptions)
            names.push_back(subscription.name);
        return names;
    }

    std::string file;
    std::vector<std::string> begun; ///< calls whose presence was made since the start
    std::vector<config::SignedTokenSettings> renewed;
    relay::Loop loop;
    relay::Relay relay;
    daemon::Calls calls{loop, relay, [this](relay::Call& call) {
                            begun.push_back(call.settings().name);
                            return std::make_unique<PolitePresence>();
                        }};
    daemon::Reloader reloader;
};

using Names = std::vector<std::string>;

std::string rtp(const std::string& name, int port) {
    return "- {name: " + name + ", output: {type: rtp, host: 127.0.0.1, port: " + std::to_string(port) +
           "}}\n";
}

const std::string twoCalls = "calls:\n- {name: a, join: {type: whip}}\n- {name: b, join: {type: whip}}\n";

} // namespace

TEST_CASE("a reload adds, removes and changes calls by name and does not touch the others") {
    Fixture f(twoCalls + "- {name: c, join: {type: whip}}\n");
    f.reload("calls:\n- {name: d, join: {type: whip}}\n- {name: a, join: {type: whip}}\n"
             "- {name: b, join: {type: whip}, jitter: 50ms}\n");
    CHECK(f.reloader.last().successful);
    CHECK(f.callNames() == Names{"a", "b", "d"});
    std::sort(f.begun.begin(), f.begun.end());
    CHECK(f.begun == Names{"b", "d"});
    CHECK(f.relay.findCall("b")->settings().jitter == 50ms);
}

TEST_CASE("a call that is renamed at the limit begins when its former name has been left") {
    const std::string limit = "limits: {calls: 1}\n";
    Fixture f(limit + "calls:\n- {name: a, join: {type: whip}}\n");
    f.reload(limit + "calls:\n- {name: b, join: {type: whip}}\n");
    CHECK(f.reloader.last().successful);
    CHECK(f.loop.runUntil([&] { return f.callNames() == Names{"b"}; }, 10s));
    // The limit is that of the start.
    f.reload(
        "limits: {calls: 2}\ncalls:\n- {name: c, join: {type: whip}}\n- {name: d, join: {type: whip}}\n");
    CHECK(f.reloader.outcome() == std::string("configuration reloaded in part"));
    CHECK(f.loop.runUntil([&] { return f.callNames() == Names{"c"}; }, 10s));
}

TEST_CASE("a reload adds, removes and changes subscriptions by name") {
    Fixture f("subscriptions:\n" + rtp("a", 5000) + rtp("b", 5100) + rtp("c", 5200));
    const auto* const untouched = f.relay.findSubscription("a");
    f.reload("subscriptions:\n" + rtp("a", 5000) + rtp("b", 6100) + rtp("d", 5300));
    CHECK(f.subscriptionNames() == Names{"a", "b", "d"});
    CHECK(f.relay.findSubscription("a") == untouched);
    CHECK(std::get<config::RtpOutput>(f.relay.findSubscription("b")->output).port == 6100);
}

TEST_CASE("a configuration with a mistake changes nothing and is told until it is repaired") {
    Fixture f(twoCalls + "subscriptions:\n" + rtp("s", 5000));
    const auto settings = f.reloader.settings();
    f.reload("calls:\n- {name: a, join: {type: whup}}\n");
    CHECK_FALSE(f.reloader.last().successful);
    CHECK(f.reloader.last().problem.starts_with("f:2:26: calls[0].join.type: "));
    CHECK(f.reloader.outcome() == std::string("configuration not reloaded"));
    CHECK(f.callNames() == Names{"a", "b"});
    CHECK(f.subscriptionNames() == Names{"s"});
    CHECK(f.begun.empty());
    CHECK(f.reloader.settings() == settings);
    f.reload(twoCalls);
    CHECK(f.reloader.last().successful);
    CHECK(f.reloader.last().problem.empty());
    CHECK(f.subscriptionNames().empty());
}

TEST_CASE("what the API added stays, and what it removed comes back with the file") {
    Fixture f(twoCalls);
    config::CallSettings added;
    added.name = "guest";
    f.calls.add(added);
    auto subscription = std::get<config::SubscriptionSettings>(config::loadSubscription(
        R"({"name": "s", "output": {"type": "rtp", "host": "127.0.0.1", "port": 5000}})", "body"));
    f.relay.addSubscription(subscription);
    bool left = false;
    f.calls.leave("b", [&] { left = true; });
    REQUIRE(f.loop.runUntil([&] { return left; }, 10s));
    f.reload(twoCalls);
    CHECK(f.callNames() == Names{"a", "b", "guest"});
    CHECK(f.subscriptionNames() == Names{"s"});
}

TEST_CASE("a subscription that cannot be made as it is written now goes on as it was") {
    Fixture f("subscriptions:\n" + rtp("a", 5000));
    f.reload("subscriptions:\n- {name: a, output: {type: record, directory: /dev/null/x}}\n" +
             rtp("b", 5100));
    CHECK_FALSE(f.reloader.last().successful);
    CHECK(f.reloader.last().problem.starts_with("subscription a: "));
    CHECK(f.reloader.outcome() == std::string("configuration reloaded in part"));
    CHECK(f.subscriptionNames() == Names{"a", "b"});
    CHECK(std::get<config::RtpOutput>(f.relay.findSubscription("a")->output).port == 5000);
}

TEST_CASE("a subscription whose new directory does not answer goes on as it was until that does") {
    const test::Folder folder;
    const auto recording = [&](const std::string& keep) {
        return "subscriptions:\n- {name: a, output: {type: record, directory: " + folder.path().string() +
               ", keep: " + keep + "}}\n";
    };
    Fixture f(recording("1h"));
    const auto keep = [&] {
        return std::get<config::RecordOutput>(f.relay.snapshot().subscriptions.at(0).output).keep;
    };
    std::promise<void> answer;
    {
        // As many as may be asked have not answered.
        const auto answered = answer.get_future().share();
        CHECK_THROWS([&] {
            for (;;)
                relay::startAside(folder.path(), [answered] { answered.wait(); });
        }());
    }
    f.reload(recording("2h"));
    CHECK(f.reloader.last().successful);
    CHECK(keep() == 1h);
    CHECK(std::get<config::RecordOutput>(f.relay.findSubscription("a")->output).keep == 2h);
    answer.set_value();
    CHECK(f.loop.runUntil([&] { return keep() == 2h; }, 20s));
}

TEST_CASE("a subscription that is added while its file system does not answer is made, and tells") {
    const test::Folder folder;
    Fixture f("");
    std::promise<void> answer;
    const auto answered = answer.get_future().share();
    CHECK_THROWS([&] {
        for (;;)
            relay::startAside(folder.path(), [answered] { answered.wait(); });
    }());
    f.relay.addSubscription(std::get<config::SubscriptionSettings>(config::loadSubscription(
        R"({"name": "s", "output": {"type": "record", "directory": ")" + folder.path().string() + R"("}})",
        "body", {{folder.path()}, {}})));
    const auto problem = [&] { return f.relay.snapshot().subscriptions.at(0).problem; };
    CHECK_THAT(problem(), Catch::Contains(folder.path().string()));
    answer.set_value();
    CHECK(f.loop.runUntil([&] { return problem().empty(); }, 20s));
}

TEST_CASE("what is read at the start only is named, until the configuration is as it was") {
    const auto running = std::get<config::Settings>(parse(""));
    const auto keys = [&](const std::string& text) {
        return daemon::keysNeedingRestart(running, std::get<config::Settings>(parse(text)));
    };
    CHECK(keys("shutdown_timeout: 3s\nlog: {level: debug}\n" + twoCalls).empty());
    CHECK(keys("http: {listen: 127.0.0.1:1, cors: ['*']}\nlimits: {calls: 3}\nlog: {format: json}\n") ==
          Names{"http.listen", "http.cors", "limits", "log.format"});
    CHECK(keys("webrtc: {ice_servers: [{urls: 'stun:a'}]}\nmetrics: {max_series: 7}\n") ==
          Names{"webrtc.ice_servers", "metrics"});
    CHECK(keys("webrtc: {listen: '0.0.0.0:1', announce: 203.0.113.7, announce_local: true}\n") ==
          Names{"webrtc.listen", "webrtc.announce", "webrtc.announce_local"});
    CHECK(keys("webrtc: {listen: '0.0.0.0:8189', announce: []}\n").empty());
    Fixture f("");
    f.reload("shutdown_timeout: 3s\nlimits: {calls: 3}\n");
    CHECK(f.reloader.settings().shutdownTimeout == 3s);
    CHECK(f.reloader.settings().limits == running.limits);
}

namespace {

/// The values of variables are no part of a text, so that each key has its own.
struct Variables {
    Variables() {
        for (const char* name : {"SPILLWAY_TEST_ADMIN", "SPILLWAY_TEST_OLD", "SPILLWAY_TEST_NEW"})
            ::setenv(name, (std::string(name) + std::string(32, 'k')).c_str(), 1);
    }
    Variables(const Variables&) = delete;
    Variables& operator=(const Variables&) = delete;
    ~Variables() {
        for (const char* name : {"SPILLWAY_TEST_ADMIN", "SPILLWAY_TEST_OLD", "SPILLWAY_TEST_NEW"})
            ::unsetenv(name);
    }
};

const std::string admin = "tokens: {admin: {env: SPILLWAY_TEST_ADMIN}}";
const std::string oldKey = "signed_tokens: {keys: [{id: old, secret: {env: SPILLWAY_TEST_OLD}}]}";
const std::string newKey = "signed_tokens: {keys: [{id: new, secret: {env: SPILLWAY_TEST_NEW}}]}";

std::string http(const std::string& one, const std::string& other = {}) {
    return "http: {" + one + (one.empty() || other.empty() ? "" : ", ") + other + "}\n";
}

/// The keys that a reload from one text to another renews; nothing when it leaves them.
std::optional<Names> renewedKeys(const std::string& before, const std::string& after) {
    Fixture f(before);
    f.reload(after);
    CHECK(f.reloader.last().successful);
    if (f.renewed.empty()) return std::nullopt;
    Names ids;
    for (const auto& key : f.renewed.back().keys)
        ids.push_back(key.id);
    CHECK(f.reloader.settings().http.signedTokens == f.renewed.back());
    return ids;
}

} // namespace

TEST_CASE("a reload renews the keys of signed tokens, but not whether tokens are needed") {
    const Variables variables;
    CHECK(renewedKeys(http(admin, oldKey), http(admin, newKey)) == Names{"new"});
    CHECK(renewedKeys(http(admin), http(admin, newKey)) == Names{"new"});
    CHECK(renewedKeys(http(admin, oldKey), http(admin)) == Names{});
    CHECK(renewedKeys(http(oldKey), http(newKey)) == Names{"new"});
    CHECK_FALSE(renewedKeys(http(oldKey), http("")));
    CHECK_FALSE(renewedKeys(http(""), http(newKey)));
}

TEST_CASE("keys that a reload leaves as they are need a restart, and so do other tokens") {
    const Variables variables;
    const auto keys = [](const std::string& before, const std::string& after) {
        return daemon::keysNeedingRestart(std::get<config::Settings>(parse(before)),
                                          std::get<config::Settings>(parse(after)));
    };
    CHECK(keys(http(admin, oldKey), http(admin, newKey)).empty());
    CHECK(keys(http(oldKey), http(newKey)).empty());
    CHECK(keys(http(""), http(newKey)) == Names{"http.signed_tokens"});
    CHECK(keys(http(oldKey), http("")) == Names{"http.signed_tokens"});
    CHECK(keys(http(admin), http("tokens: {monitor: {env: SPILLWAY_TEST_OLD}}")) == Names{"http.tokens"});
}
