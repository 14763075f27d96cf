// Membership against a connector and a call that follow a script. Nothing real here, because what is tested
// is when things fail: inside an event, between two steps, never. The real ones are tested in
// whep_connector_test and under tests/interop.
#include "daemon/signalling/membership.h"
#include "support/catch.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace spillway;
using namespace spillway::daemon;
using namespace std::chrono_literals;
using relay::CallState;
using relay::LocalDescription;
using relay::LostCause;
using relay::NegotiationError;

namespace {

using Lines = std::vector<std::string>;

/// Writes down what it is told; the test speaks through `events`.
struct ScriptedConnector : Connector {
    ScriptedConnector(ConnectorEvents given, Lines& lines, int& living)
        : events(std::move(given))
        , log(lines)
        , alive(living) {
        ++alive;
    }
    ~ScriptedConnector() override { --alive; }

    void join() override {
        log.emplace_back("join");
        if (onJoin) onJoin();
    }
    void offer(const std::string& sdp) override { log.push_back("offer " + sdp); }
    void answer(const std::string& sdp) override { log.push_back("answer " + sdp); }
    void candidate(const std::string& mid, const std::string& text) override {
        log.push_back("candidate " + mid + " " + text);
    }
    void want(const relay::LineOwner& track, bool wanted) override {
        log.push_back((wanted ? "want " : "do not want ") + track.source);
    }
    bool renew() override {
        log.emplace_back("renew");
        return canRenew;
    }
    void leave(std::function<void()> done) override {
        log.emplace_back("leave");
        onLeft = std::move(done);
        if (leavesAtOnce) onLeft();
    }

    ConnectorEvents events;
    Lines& log;
    int& alive;
    bool canRenew = true;
    bool leavesAtOnce = true;
    std::function<void()> onJoin;
    std::function<void()> onLeft;
};

/// Writes down what it is told; the test speaks through the events of its guests.
struct ScriptedCall : relay::GuestCall {
    explicit ScriptedCall(Lines& lines)
        : log(lines) {
        config.name = "standup";
    }

    const config::CallSettings& settings() const override { return config; }
    void setState(CallState newState, const std::string& why) override {
        state = newState;
        detail = why;
        log.push_back(std::string("state ") + relay::callStateName(newState));
    }
    void countReconnect(LostCause cause) override {
        log.push_back(std::string("count ") + lostCauseName(cause));
    }
    void setMembers(std::vector<relay::Member> members) override {
        log.push_back("members " + std::to_string(members.size()));
    }
    std::unique_ptr<relay::Guest> addGuest(const relay::GuestRequest& request,
                                           relay::GuestEvents events) override;

    config::CallSettings config;
    Lines& log;
    CallState state = CallState::idle;
    std::string detail;
    bool refusesGuests = false;
    bool takesAnswers = true;
    std::vector<relay::GuestEvents> guests; ///< of guest n at n - 1
    std::size_t over = 0;                   ///< guests up to this one are over
};

struct ScriptedGuest : relay::Guest {
    ScriptedGuest(ScriptedCall& owner, std::size_t n)
        : call(owner)
        , number(n) {}
    ~ScriptedGuest() override {
        if (number > call.over) write("remove");
    }
    void acceptOffer(const std::string& sdp, const relay::LineOwners& owners) override {
        write("accept", sdp + " " + std::to_string(owners.size()));
    }
    void createOffer() override { write("create"); }
    std::optional<std::string> acceptAnswer(const std::string& sdp, const relay::LineOwners&) override {
        write("answered", sdp);
        return call.takesAnswers ? std::nullopt : std::optional<std::string>("it is upside down");
    }
    void setOwners(const relay::LineOwners& owners) override {
        write("owners", std::to_string(owners.size()));
    }
    void suspend() override {
        write("suspend");
        call.over = std::max(call.over, number);
    }
    void write(const std::string& verb, const std::string& rest = {}) const {
        call.log.push_back(verb + " " + std::to_string(number) + (rest.empty() ? "" : " " + rest));
    }

    ScriptedCall& call;
    std::size_t number;
};

std::unique_ptr<relay::Guest> ScriptedCall::addGuest(const relay::GuestRequest& request,
                                                     relay::GuestEvents events) {
    if (refusesGuests) throw std::runtime_error("no element");
    const auto number = guests.size() + 1;
    // As a call does it: who is connected ends those before, who is lost is over.
    events.onConnected = [this, number, notify = events.onConnected] {
        over = std::max(over, number - 1);
        notify();
    };
    events.onLost = [this, number, notify = events.onLost](LostCause cause, const std::string& why) {
        over = std::max(over, number);
        notify(cause, why);
    };
    guests.push_back(std::move(events));
    log.push_back("guest " + std::to_string(number) +
                  (request.iceServers.empty() ? "" : " " + request.iceServers.front().url));
    return std::make_unique<ScriptedGuest>(*this, number);
}

MembershipRules quick() {
    MembershipRules rules;
    rules.attempt.join = 50ms;
    rules.attempt.renew = 50ms;
    rules.attempt.leave = 50ms;
    rules.backoff.first = 10ms;
    rules.backoff.last = 40ms;
    rules.backoff.attempts = 1000;
    return rules;
}

/// Deadlines that no test that uses them waits for.
MembershipRules patient() {
    auto rules = quick();
    rules.attempt.join = rules.attempt.renew = rules.attempt.leave = 1h;
    return rules;
}

struct Scene {
    explicit Scene(MembershipRules rules = patient(),
                   const std::function<void(ScriptedConnector&)>& prepare = {}) {
        const auto make = [this, prepare](ConnectorEvents events) {
            auto connector = std::make_unique<ScriptedConnector>(std::move(events), log, alive);
            if (prepare) prepare(*connector);
            ++made;
            most = std::max(most, alive);
            now = connector.get();
            return connector;
        };
        membership.emplace(loop, call, make, rules, [this](std::chrono::milliseconds bound) {
            bounds.push_back(bound);
            return bound;
        });
    }

    bool until(const std::function<bool()>& done) { return loop.runUntil(done, 5s); }
    bool untilMade(int count) {
        return until([&] { return made == count; });
    }
    bool untilState(CallState state) {
        return until([&] { return call.state == state; });
    }
    bool has(const std::string& line) const { return std::find(log.begin(), log.end(), line) != log.end(); }
    auto count(const std::string& line) const { return std::count(log.begin(), log.end(), line); }
    /// What was done since the last time.
    Lines done() {
        settle();
        return std::exchange(log, {});
    }
    /// Everything that is due has run.
    void settle() {
        bool turned = false;
        loop.post([&] { loop.post([&] { loop.post([&] { turned = true; }); }); });
        REQUIRE(until([&] { return turned; }));
    }
    void joinAndOffer() {
        now->events.onJoined();
        now->events.onOffer({"sfu", {{"0", {"alice", "camera"}}}, true});
    }
    relay::GuestEvents& guest(std::size_t number) { return call.guests.at(number - 1); }

    relay::Loop loop;
    Lines log;
    ScriptedCall call{log};
    ScriptedConnector* now = nullptr; ///< the last one made
    int made = 0;
    int alive = 0;
    int most = 0;                                  ///< connectors at one time
    std::vector<std::chrono::milliseconds> bounds; ///< of the delays
    std::optional<Membership> membership;
};

LocalDescription failed(NegotiationError::Kind kind) {
    return {{}, NegotiationError{kind, "why"}};
}

Loss lossOf(const std::string& detail) {
    Loss loss;
    loss.detail = detail;
    return loss;
}

Loss finalLoss() {
    auto loss = lossOf("wrong pin");
    loss.final = true;
    return loss;
}

} // namespace

TEST_CASE("a guest joins, answers offers, and reports late candidates and wishes") {
    Scene scene;
    CHECK(scene.call.state == CallState::joining);
    scene.now->events.onJoined();
    CHECK(scene.call.state == CallState::joined);
    scene.now->events.onMembers({{"alice", "Alice"}});
    scene.now->events.onOffer({"one", {}, false});
    scene.guest(1).onAnswer({"answer one", {}});
    scene.settle();
    scene.now->events.onOwners({{"0", {"alice", "camera"}}});
    scene.now->events.onOffer({"two", {{"0", {"alice", "camera"}}}, false});
    scene.guest(1).onAnswer({"answer two", {}});
    scene.settle();
    scene.guest(1).onCandidate("0", "candidate:1");
    scene.settle();
    scene.guest(1).onWanted({"alice", "camera"}, false);
    scene.settle();
    CHECK(scene.done() == Lines{"state joining", "join", "state joined", "members 1", "guest 1",
                                "accept 1 one 0", "answer answer one", "owners 1 1", "accept 1 two 1",
                                "answer answer two", "candidate 0 candidate:1", "do not want camera"});
}

TEST_CASE("where the protocol wants our offer, the guest makes it and takes the answer") {
    Scene scene;
    scene.now->events.onOfferWanted({{"stun:stun.example", {}, {}}});
    scene.guest(1).onOffer({"ours", {}});
    scene.settle();
    scene.now->events.onAnswer("theirs", {{"0", {"gate", "video"}}});
    scene.now->events.onJoined();
    CHECK(scene.done() == Lines{"state joining", "join", "guest 1 stun:stun.example", "create 1",
                                "offer ours", "answered 1 theirs", "state joined"});
}

TEST_CASE("an attempt that does not join within its time is given up, and another is made") {
    Scene scene(quick());
    REQUIRE(scene.untilState(CallState::reconnecting));
    CHECK_THAT(scene.call.detail, Catch::Contains("not joined within"));
    CHECK(scene.has("count signalling"));
    REQUIRE(scene.untilMade(2));
    CHECK(scene.has("leave"));
    CHECK(scene.call.state == CallState::reconnecting);
    scene.now->events.onJoined();
    CHECK(scene.call.state == CallState::joined);
    CHECK(scene.call.detail.empty());
}

TEST_CASE("a loss keeps the tracks, says good-bye, and joins again") {
    Scene scene;
    scene.joinAndOffer();
    scene.done();
    scene.now->events.onLost(lossOf("socket closed"));
    CHECK(scene.log.empty()); // nothing inside the event
    REQUIRE(scene.untilMade(2));
    CHECK(scene.done() == Lines{"count signalling", "state reconnecting", "suspend 1", "leave", "join"});
    CHECK(scene.call.detail == "signalling: socket closed");
    CHECK(scene.most == 1);
}

TEST_CASE("the next attempt waits until the last one has said good-bye, or had its time to") {
    auto rules = patient();
    SECTION("it says so") {
        Scene scene(rules, [](ScriptedConnector& connector) { connector.leavesAtOnce = false; });
        scene.now->events.onLost(lossOf("gone"));
        REQUIRE(scene.until([&] { return scene.has("leave"); }));
        const auto delay = std::chrono::steady_clock::now() + 5 * rules.backoff.last;
        scene.until([&] { return std::chrono::steady_clock::now() > delay; });
        CHECK(scene.made == 1);
        CHECK(scene.alive == 1);
        scene.now->onLeft();
        CHECK(scene.alive == 1); // not inside its own callback
        CHECK(scene.untilMade(2));
        CHECK(scene.most == 1);
    }
    SECTION("it never does") {
        rules.attempt.leave = 50ms;
        Scene scene(rules, [](ScriptedConnector& connector) { connector.leavesAtOnce = false; });
        scene.now->events.onLost(lossOf("gone"));
        CHECK(scene.untilMade(2));
        CHECK(scene.most == 1);
    }
}

TEST_CASE("a final loss ends the membership with its reason and is not tried again") {
    Scene scene;
    scene.joinAndOffer();
    scene.guest(1).onConnected();
    scene.settle();
    scene.done();
    scene.now->events.onLost(finalLoss());
    REQUIRE(scene.untilState(CallState::left));
    CHECK(scene.call.detail == "signalling: wrong pin");
    REQUIRE(scene.until([&] { return scene.alive == 0; }));
    CHECK(scene.has("remove 1"));
    CHECK(scene.has("members 0"));
    CHECK(scene.count("count signalling") == 0);
    const auto later = std::chrono::steady_clock::now() + 100ms;
    scene.until([&] { return std::chrono::steady_clock::now() > later; });
    CHECK(scene.made == 1);
    bool left = false;
    scene.membership->leave([&] { left = true; });
    CHECK(scene.until([&] { return left; }));
    CHECK(scene.call.detail == "signalling: wrong pin");
}

TEST_CASE("retryAfter is waited for") {
    Scene scene;
    auto loss = lossOf("full");
    loss.retryAfter = 300ms;
    const auto start = std::chrono::steady_clock::now();
    scene.now->events.onLost(loss);
    REQUIRE(scene.untilMade(2));
    CHECK(std::chrono::steady_clock::now() - start >= 300ms);
}

TEST_CASE("delays grow from loss to loss and start over after a stable time in the call") {
    auto rules = patient();
    rules.backoff.stable = 100ms;
    Scene scene(rules);
    for (int i = 1; i <= 3; ++i) {
        scene.now->events.onLost(lossOf("refused"));
        REQUIRE(scene.untilMade(i + 1));
    }
    scene.now->events.onJoined();
    const auto stable = std::chrono::steady_clock::now() + rules.backoff.stable;
    scene.until([&] { return std::chrono::steady_clock::now() > stable; });
    scene.now->events.onLost(lossOf("restart"));
    REQUIRE(scene.untilMade(5));
    CHECK(scene.bounds == std::vector<std::chrono::milliseconds>{10ms, 20ms, 40ms, 10ms});
}

TEST_CASE("leaving while joining says good-bye within its time and ends what there is") {
    const bool answers = GENERATE(true, false);
    Scene scene(quick(), [&](ScriptedConnector& connector) { connector.leavesAtOnce = answers; });
    scene.now->events.onOfferWanted({});
    bool left = false;
    scene.membership->leave([&] { left = true; });
    CHECK(scene.call.state == CallState::left);
    CHECK(scene.has("remove 1"));
    REQUIRE(scene.until([&] { return left; }));
    CHECK(scene.alive == 0);
    scene.settle();
    CHECK(scene.made == 1);
}

TEST_CASE("leaving during the backoff is done at once, and nothing is tried any more") {
    auto rules = patient();
    rules.backoff.first = 200ms;
    Scene scene(rules);
    scene.now->events.onLost(lossOf("gone"));
    REQUIRE(scene.until([&] { return scene.alive == 0; }));
    bool left = false;
    scene.membership->leave([&] { left = true; });
    CHECK(scene.call.state == CallState::left);
    REQUIRE(scene.until([&] { return left; }));
    const auto later = std::chrono::steady_clock::now() + 300ms;
    scene.until([&] { return std::chrono::steady_clock::now() > later; });
    CHECK(scene.made == 1);
}

TEST_CASE("leaving while a lost attempt says good-bye waits for that and does not say it twice") {
    Scene scene(patient(), [](ScriptedConnector& connector) { connector.leavesAtOnce = false; });
    scene.now->events.onLost(lossOf("gone"));
    REQUIRE(scene.until([&] { return scene.has("leave"); }));
    bool left = false;
    scene.membership->leave([&] { left = true; });
    scene.settle();
    CHECK_FALSE(left);
    scene.now->onLeft();
    CHECK(scene.until([&] { return left; }));
    CHECK(scene.count("leave") == 1);
    scene.settle();
    CHECK(scene.made == 1);
}

TEST_CASE("a membership that is destroyed ends without good-bye") {
    Scene scene;
    scene.joinAndOffer();
    const auto events = scene.now->events;
    const auto guest = scene.guest(1);
    scene.membership.reset();
    CHECK(scene.alive == 0);
    CHECK(scene.call.state == CallState::left);
    CHECK(scene.has("remove 1"));
    CHECK_FALSE(scene.has("leave"));
    scene.done();
    events.onJoined();
    events.onLost(lossOf("late"));
    guest.onLost(LostCause::ice, "late");
    scene.settle();
    CHECK(scene.done().empty());
}

TEST_CASE("events of an attempt that is over are ignored") {
    Scene scene;
    scene.joinAndOffer();
    const auto events = scene.now->events;
    const auto guest = scene.guest(1);
    scene.done();
    events.onLost(lossOf("gone"));
    events.onJoined();
    events.onOffer({"late", {}, true});
    events.onLost(lossOf("again"));
    guest.onAnswer({"late", {}});
    guest.onLost(LostCause::ice, "late");
    guest.onCandidate("0", "late");
    REQUIRE(scene.untilMade(2));
    CHECK(scene.done() == Lines{"count signalling", "state reconnecting", "suspend 1", "leave", "join"});
    events.onJoined();
    guest.onConnected();
    CHECK(scene.call.state == CallState::reconnecting);
}

TEST_CASE("a loss inside any callback ends nothing under the feet of who calls") {
    Scene scene;
    scene.now->events.onJoined();
    SECTION("an offer that no peer can be made for") {
        scene.call.refusesGuests = true;
        scene.now->events.onOffer({"sfu", {}, true});
        CHECK(scene.alive == 1);
        REQUIRE(scene.untilState(CallState::reconnecting));
        CHECK(scene.call.detail == "signalling: no element");
    }
    SECTION("an answer that is none") {
        scene.call.takesAnswers = false;
        scene.now->events.onOfferWanted({});
        scene.guest(1).onOffer({"ours", {}});
        scene.settle();
        scene.now->events.onAnswer("garbage", {});
        CHECK(scene.alive == 1);
        REQUIRE(scene.untilState(CallState::reconnecting));
        CHECK(scene.call.detail == "signalling: the answer cannot be taken: it is upside down");
    }
    SECTION("our own offer cannot be made") {
        scene.now->events.onOfferWanted({});
        scene.guest(1).onOffer(failed(NegotiationError::Kind::internal));
        CHECK_FALSE(scene.has("suspend 1"));
        REQUIRE(scene.untilState(CallState::reconnecting));
    }
    SECTION("an offer that we cannot read") {
        scene.now->events.onOffer({"garbage", {}, true});
        scene.guest(1).onAnswer(failed(NegotiationError::Kind::malformed));
        CHECK_FALSE(scene.has("renew"));
        CHECK_FALSE(scene.has("suspend 1"));
        REQUIRE(scene.untilState(CallState::reconnecting));
        CHECK_THAT(scene.call.detail, Catch::Contains("cannot answer the offer"));
    }
    CHECK(scene.untilMade(2));
    CHECK(scene.alive == 1);
}

TEST_CASE("a connector that cannot be made, or is lost before join() returns, is tried again") {
    int refused = 0;
    const bool throws = GENERATE(true, false);
    Scene scene(patient(), [&](ScriptedConnector& connector) {
        if (refused++ > 0) return;
        if (throws) throw std::runtime_error("no session");
        connector.onJoin = [&connector] { connector.events.onLost(lossOf("refused")); };
    });
    CHECK(scene.call.state == CallState::joining);
    CHECK(scene.until([&] { return refused == 2 && scene.has("join"); }));
    CHECK(scene.call.state == CallState::reconnecting);
}

TEST_CASE("a lost peer is renewed, and the SFU's offer for the next one is awaited for a while") {
    Scene scene(quick());
    scene.joinAndOffer();
    scene.guest(1).onConnected();
    scene.settle();
    scene.done();
    scene.guest(1).onLost(LostCause::ice, "no check answered");
    scene.settle();
    CHECK(scene.done() == Lines{"renew", "count ice", "state joined"});
    CHECK_THAT(scene.call.detail, Catch::Contains("ice"));
    SECTION("it comes") {
        scene.now->events.onOffer({"anew", {}, true});
        scene.guest(2).onConnected();
        scene.settle();
        CHECK(scene.call.detail.empty());
        CHECK(scene.done() == Lines{"guest 2", "accept 2 anew 0", "state joined"});
        const auto later = std::chrono::steady_clock::now() + 150ms;
        scene.until([&] { return std::chrono::steady_clock::now() > later; });
        CHECK(scene.call.state == CallState::joined);
    }
    SECTION("it does not") {
        REQUIRE(scene.untilState(CallState::reconnecting));
        CHECK_THAT(scene.call.detail, Catch::Contains("no offer for the new peer"));
        CHECK(scene.untilMade(2));
    }
}

TEST_CASE("a peer that cannot be renewed is the loss of the whole attempt, counted once by its own cause") {
    Scene scene(patient(), [](ScriptedConnector& connector) { connector.canRenew = false; });
    scene.joinAndOffer();
    scene.guest(1).onConnected();
    scene.settle();
    scene.guest(1).onLost(LostCause::timeout, "no packets");
    scene.settle();
    REQUIRE(scene.untilMade(2));
    CHECK(scene.count("count timeout") == 1);
    CHECK(scene.call.detail == "timeout: no packets");
}

TEST_CASE("a peer that can follow no further is renewed and stays until the next is connected") {
    const auto kind = GENERATE(NegotiationError::Kind::newPeer, NegotiationError::Kind::internal);
    Scene scene;
    scene.joinAndOffer();
    scene.guest(1).onConnected();
    scene.settle();
    scene.now->events.onOffer({"other transport", {}, false});
    scene.done();
    scene.guest(1).onAnswer(failed(kind));
    scene.settle();
    CHECK(scene.done() == Lines{"renew", "count signalling", "state joined"});
    scene.now->events.onOffer({"anew", {}, false});
    CHECK(scene.done() == Lines{"guest 2", "accept 2 anew 0"});
    scene.guest(1).onLost(LostCause::ice, "the old one"); // and what becomes of it is no news
    scene.settle();
    scene.guest(2).onConnected();
    scene.settle();
    CHECK(scene.done() == Lines{"state joined"});
}

TEST_CASE("a peer that never connected goes when another takes its place") {
    Scene scene;
    scene.now->events.onOfferWanted({});
    scene.guest(1).onOffer({"ours", {}});
    scene.settle();
    scene.done();
    scene.now->events.onOffer({"counter-offer", {}, true});
    CHECK(scene.done() == Lines{"suspend 1", "guest 2", "accept 2 counter-offer 0"});
}

TEST_CASE("peers that are lost again and again end the attempt") {
    Scene scene;
    scene.now->events.onJoined();
    for (std::size_t i = 1; i <= 4; ++i) {
        CHECK(scene.made == 1);
        scene.now->events.onOffer({"anew", {}, true});
        scene.guest(i).onConnected();
        scene.settle();
        scene.guest(i).onLost(LostCause::dtls, "again");
        scene.settle();
    }
    REQUIRE(scene.untilMade(2));
    CHECK(scene.count("renew") == 3);
    CHECK(scene.count("count dtls") == 4);
}
