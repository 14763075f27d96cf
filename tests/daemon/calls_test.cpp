// Calls over a real relay, with presences whose other side answers when the test says so.
#include "daemon/calls.h"
#include "daemon/support/error_of.h"
#include "support/catch.h"
#include "support/settings.h"

#include <algorithm>

using namespace spillway;
using namespace std::chrono_literals;
using daemon::Calls;

namespace {

struct Fixture {
    explicit Fixture(std::uint32_t atMost = 200)
        : relay(loop, limits(atMost), test::noViewers()) {}

    static config::LimitSettings limits(std::uint32_t calls) {
        config::LimitSettings limits;
        limits.calls = calls;
        return limits;
    }

    /// What happened to the presences, in order: `+a`, `a?` (told to leave), `-a`.
    std::vector<std::string> story;
    std::map<std::string, std::function<void()>> goodbyes; ///< of calls that are being left
    bool silent = false;                                   ///< the other side never answers

    struct FakePresence : daemon::Presence {
        FakePresence(Fixture& owner, const relay::Call& call)
            : fixture(owner)
            , name(call.settings().name) {
            fixture.story.push_back("+" + name);
        }
        ~FakePresence() override {
            fixture.goodbyes.erase(name);
            fixture.story.push_back("-" + name);
        }
        void leave(std::function<void()> onLeft) override {
            fixture.story.push_back(name + "?");
            if (!fixture.silent) fixture.goodbyes[name] = std::move(onLeft);
        }

        Fixture& fixture;
        std::string name;
    };

    relay::Loop loop;
    relay::Relay relay;
    Calls calls{loop, relay,
                [this](relay::Call& call) { return std::make_unique<FakePresence>(*this, call); }};

    void answer(const std::string& name) {
        const auto goodbye = goodbyes.at(name);
        goodbye();
    }
    bool until(const std::function<bool()>& done) { return loop.runUntil(done, 10s); }
    bool hasCall(const std::string& name) { return relay.findCall(name) != nullptr; }
};

config::CallSettings call(const std::string& name, std::chrono::milliseconds linger = 10s) {
    config::CallSettings settings;
    settings.name = name;
    settings.linger = linger;
    return settings;
}

using Story = std::vector<std::string>;

} // namespace

TEST_CASE("a call that is left is gone once the other side knows, and everybody who asked is told") {
    Fixture f;
    f.calls.add(call("a"));
    int told = 0;
    CHECK(f.calls.leave("a", [&] { ++told; }));
    CHECK(f.calls.leave("a", [&] { ++told; }));
    CHECK_FALSE(f.calls.leave("b", [&] { ++told; }));
    CHECK(f.hasCall("a"));
    f.answer("a");
    CHECK(f.until([&] { return told == 2; }));
    CHECK_FALSE(f.hasCall("a"));
    CHECK(f.story == Story{"+a", "a?", "-a"});
}

TEST_CASE("a name is taken until its call has been left") {
    Fixture f;
    f.calls.add(call("a"));
    CHECK(test::contains(test::errorOf([&] { f.calls.add(call("a")); }), "exists"));
    f.calls.leave("a", {});
    CHECK(test::contains(test::errorOf([&] { f.calls.add(call("a")); }), "still being left"));
    f.answer("a");
    CHECK(f.until([&] { return !f.hasCall("a"); }));
    f.calls.add(call("a"));
    CHECK(f.story == Story{"+a", "a?", "-a", "+a"});
}

TEST_CASE("a call that changes is left before it begins again, and one that does not is not touched") {
    Fixture f;
    f.calls.put(call("a"));
    f.calls.put(call("b"));
    f.calls.put(call("a"));
    CHECK(f.story == Story{"+a", "+b"});
    f.calls.put(call("a", 1s));
    f.calls.put(call("a", 2s));
    CHECK(f.story == Story{"+a", "+b", "a?"});
    f.answer("a");
    CHECK(f.until([&] { return f.story.size() == 5; }));
    CHECK(f.story == Story{"+a", "+b", "a?", "-a", "+a"});
    CHECK(f.relay.findCall("a")->settings().linger == 2s);
}

TEST_CASE("a call that is to begin again does not when it is left meanwhile") {
    Fixture f;
    f.calls.put(call("a"));
    f.calls.put(call("a", 1s));
    bool told = false;
    f.calls.leave("a", [&] { told = true; });
    f.answer("a");
    CHECK(f.until([&] { return told; }));
    CHECK_FALSE(f.hasCall("a"));
}

TEST_CASE("at the limit a call waits for the place of one that is being left, and no more do than places") {
    Fixture f(1);
    const auto refuses = [&](const std::string& name) {
        return test::contains(test::errorOf([&] { f.calls.put(call(name)); }), "limits.calls");
    };
    f.calls.put(call("a"));
    CHECK(refuses("b"));
    f.calls.leave("a", {});
    f.calls.put(call("b"));
    f.calls.put(call("b", 1s));
    CHECK(refuses("c"));
    CHECK(refuses("a"));
    CHECK(f.story == Story{"+a", "a?"});
    SECTION("it begins there") {
        f.answer("a");
        CHECK(f.until([&] { return f.hasCall("b"); }));
        CHECK(f.story == Story{"+a", "a?", "-a", "+b"});
        CHECK(f.relay.findCall("b")->settings().linger == 1s);
    }
    SECTION("but not when it is left meanwhile") {
        bool told = false;
        CHECK(f.calls.leave("b", [&] { told = true; }));
        f.calls.put(call("a"));
        CHECK(refuses("b"));
        f.answer("a");
        CHECK(f.until([&] { return f.story.size() == 4; }));
        CHECK(told);
        CHECK(f.story == Story{"+a", "a?", "-a", "+a"});
    }
    SECTION("nor when all are left") {
        bool told = false;
        f.calls.leaveAll(10s, [&] { told = true; });
        f.answer("a");
        CHECK(f.until([&] { return told; }));
        CHECK(f.story == Story{"+a", "a?", "-a"});
    }
}

TEST_CASE("a call whose other side does not answer is left all the same") {
    Fixture f;
    f.silent = true;
    f.calls.add(call("a"));
    bool told = false;
    f.calls.leave("a", [&] { told = true; });
    CHECK(f.until([&] { return told; }));
    CHECK_FALSE(f.hasCall("a"));
}

TEST_CASE("all calls are left together, within the time that is given") {
    Fixture f;
    bool told = false;
    SECTION("all answer") {
        f.calls.add(call("a"));
        f.calls.add(call("b"));
        f.calls.leaveAll(10s, [&] { told = true; });
        f.answer("b");
        f.answer("a");
    }
    SECTION("one does not answer") {
        f.silent = true;
        f.calls.add(call("a"));
        f.calls.leaveAll(50ms, [&] { told = true; });
    }
    SECTION("there is none") {
        f.calls.leaveAll(10s, [&] { told = true; });
    }
    CHECK(f.until([&] { return told; }));
    CHECK(f.relay.snapshot().calls.empty());
    CHECK(test::contains(test::errorOf([&] { f.calls.add(call("c")); }), "stopping"));
}

TEST_CASE("a presence that cannot be made leaves no call behind") {
    relay::Loop loop;
    relay::Relay relay(loop, {}, test::noViewers());
    Calls calls(loop, relay, [](relay::Call&) -> std::unique_ptr<daemon::Presence> {
        throw std::runtime_error("no such thing");
    });
    CHECK(test::errorOf([&] { calls.add(call("a")); }) == "no such thing");
    CHECK(relay.findCall("a") == nullptr);
}
