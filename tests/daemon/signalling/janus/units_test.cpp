// The parts of the connector to Janus that hold no socket.
#include "config/name.h"
#include "daemon/signalling/janus/lines.h"
#include "daemon/signalling/janus/offers.h"
#include "daemon/signalling/janus/roster.h"
#include "daemon/signalling/janus/transactions.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::daemon::janus;
using namespace std::chrono_literals;

namespace {

Json streamOf(const std::string& mid, const std::string& type, const std::string& description = {}) {
    Json stream{{"mid", mid}, {"type", type}};
    if (!description.empty()) stream["description"] = description;
    return stream;
}

Json publisher(const Json& id, const std::string& display, const Json& streams) {
    return {{"id", id}, {"display", display}, {"streams", streams}};
}

std::string source(const Roster& roster, const Stream& stream) {
    const auto owner = roster.owner(stream);
    return owner ? owner->source : "";
}

const Json cameraAndMicrophone = {streamOf("0", "audio"), streamOf("1", "video")};

} // namespace

TEST_CASE("any display name gives a participant's name, and no two feeds the same") {
    Names names;
    CHECK(names.give("1", "alice") == "alice");
    CHECK(names.give("2", "alice") == "alice-2");
    CHECK(names.give("3", "alice") == "alice-3");
    CHECK(names.give("4", "alice-2") == "alice-2-2");
    CHECK(names.give("5", "../x").starts_with(".._x--"));
    CHECK(names.give("6", "") == "participant");
    CHECK(names.give("7", "") == "participant-2");
    const std::string huge(10'000, 'a');
    const std::string first = names.give("8", huge);
    const std::string second = names.give("9", huge);
    const std::string emoji = names.give("10", "\xF0\x9F\x98\x80");
    for (const auto& name : {first, second, emoji})
        CHECK(config::isName(name));
    CHECK(first != second);
}

TEST_CASE("a thousand feeds of one display name are named at once") {
    Names names;
    std::set<std::string> given;
    for (int feed = 0; feed < 1000; ++feed)
        given.insert(names.give(std::to_string(feed), "alice"));
    CHECK(given.size() == 1000);
    CHECK(given.contains("alice-1000"));
}

TEST_CASE("what a room says of people and errors is bounded") {
    Names names;
    Roster roster(names);
    const std::string huge(100'000, 'x');
    roster.join({{"id", 1}, {"display", huge}});
    roster.join({{"id", huge}, {"display", "bob"}});
    REQUIRE(roster.members().size() == 1);
    CHECK(roster.members()[0].display.size() == 256);
    const Reply reply = readReply({{"janus", "error"}, {"error", {{"code", 426}, {"reason", huge}}}});
    CHECK(reply.error == 426);
    CHECK(reply.reason.size() < 300);
}

TEST_CASE("a feed keeps its name while it is there, whoever goes or comes back") {
    Names names;
    names.give("1", "alice");
    names.give("2", "alice");
    names.release("1");
    CHECK(names.give("2", "alice") == "alice-2");
    CHECK(names.give("3", "alice") == "alice");
    CHECK(names.give("3", "bob") == "bob");
    names.keepOnly({"2"});
    CHECK(names.give("4", "alice") == "alice");
    CHECK(names.give("2", "alice") == "alice-2");
}

TEST_CASE("camera, microphone and screen are told apart by description and order") {
    Names names;
    Roster roster(names);
    roster.publish(
        Json::array({publisher(1, "alice",
                               {streamOf("0", "audio"), streamOf("1", "video"), streamOf("2", "video"),
                                streamOf("3", "audio"), streamOf("4", "video"), streamOf("5", "data")})}));
    CHECK(source(roster, {"1", "0"}) == "microphone");
    CHECK(source(roster, {"1", "1"}) == "camera");
    CHECK(source(roster, {"1", "2"}) == "screen");
    CHECK(source(roster, {"1", "3"}) == "screen-audio");
    CHECK(source(roster, {"1", "4"}) == "screen-2");
    CHECK(source(roster, {"1", "5"}).empty());
    roster.publish(
        Json::array({publisher(2, "bob",
                               {streamOf("0", "video", "My SCREEN"), streamOf("1", "audio", "Screen audio"),
                                streamOf("2", "audio"), streamOf("3", "video", "desk")})}));
    CHECK(source(roster, {"2", "0"}) == "screen");
    CHECK(source(roster, {"2", "1"}) == "screen-audio");
    CHECK(source(roster, {"2", "2"}) == "microphone");
    CHECK(source(roster, {"2", "3"}) == "camera");
}

TEST_CASE("a stream that is disabled keeps its name for its return") {
    Names names;
    Roster roster(names);
    Json streams = cameraAndMicrophone;
    roster.publish(Json::array({publisher(1, "alice", streams)}));
    streams[1]["disabled"] = true;
    streams.push_back(streamOf("2", "video"));
    roster.publish(Json::array({publisher(1, "alice", streams)}));
    CHECK_FALSE(roster.owner({"1", "1"}));
    CHECK_FALSE(roster.streams().contains({"1", "1"}));
    CHECK(source(roster, {"1", "2"}) == "screen");
    streams[1]["disabled"] = false;
    roster.publish(Json::array({publisher(1, "alice", streams)}));
    CHECK(source(roster, {"1", "1"}) == "camera");
}

TEST_CASE("who publishes again gets the same names, also with other lines") {
    Names names;
    Roster roster(names);
    roster.publish(Json::array({publisher(1, "alice", cameraAndMicrophone)}));
    roster.unpublish("1");
    roster.unpublish("1");
    CHECK(roster.streams().empty());
    CHECK(roster.members().size() == 1);
    roster.publish(Json::array({publisher(1, "alice", {streamOf("0", "video"), streamOf("1", "audio")})}));
    CHECK(roster.owner({"1", "0"}) == relay::LineOwner{"alice", "camera"});
    CHECK(roster.owner({"1", "1"}) == relay::LineOwner{"alice", "microphone"});
    CHECK(roster.find({"alice", "camera"}) == Stream{"1", "0"});
}

TEST_CASE("a feed's id may be text, a muted stream is nobody's, and a new list replaces the old") {
    Names names;
    Roster roster(names);
    roster.reset({{"publishers",
                   {publisher("a\"b", "alice", cameraAndMicrophone), publisher(2, "bob", Json::array())}},
                  {"attendees", Json::array({{{"id", 3}, {"display", "carol"}}})}});
    CHECK(roster.members().size() == 3);
    const FeedId id = Roster::idOf("a\"b");
    roster.moderate({id, "0"}, true);
    CHECK_FALSE(roster.owner({id, "0"}));
    CHECK(roster.streams().size() == 2);
    roster.moderate({id, "0"}, false);
    CHECK(roster.owner({id, "0"}));
    roster.reset({{"publishers", Json::array({publisher(2, "bob", cameraAndMicrophone)})}});
    CHECK(roster.members() == std::vector<relay::Member>{{"bob", "bob"}});
}

TEST_CASE("a room without end is followed up to a bound") {
    Names names;
    Roster roster(names);
    Json streams = Json::array();
    for (int i = 0; i < 100; ++i)
        streams.push_back(streamOf(std::to_string(i), "video"));
    roster.publish(Json::array({publisher(1, "many", streams)}));
    CHECK(roster.streams().size() == Roster::maxStreams);
    for (int i = 0; i < 1500; ++i)
        roster.join({{"id", i}, {"display", std::to_string(i)}});
    CHECK(roster.members().size() == Roster::maxFeeds);
    roster.publish({5, "x", {{"id", -1}}, {{"id", nullptr}}});
    CHECK(roster.members().size() == Roster::maxFeeds);
}

TEST_CASE("lines are known by what they carry: what is asked for is the difference") {
    Lines lines;
    const auto line = [](const std::string& mid, int feed, bool active) {
        return Json{{"mid", mid}, {"active", active}, {"feed_id", feed}, {"feed_mid", "0"}, {"send", true}};
    };
    lines.read({line("0", 1, true), line("1", 2, true), line("2", 3, false), 7, {{"mid", 5}}});
    CHECK(lines.carried().size() == 2);
    CHECK(lines.changeTo({{"1", "0"}, {"2", "0"}}).empty());
    const auto change = lines.changeTo({{"2", "0"}, {"9", "1"}});
    CHECK(change.subscribe == Streams{{"9", "1"}});
    CHECK(change.unsubscribe == std::vector<std::string>{"0"});
    lines.forget("1");
    CHECK(lines.changeTo({{"2", "0"}}).empty());
}

TEST_CASE("a pause is sent once, and again only when it may be lost") {
    Lines lines;
    const Json line{{"mid", "0"}, {"active", true}, {"feed_id", 1}, {"feed_mid", "0"}, {"send", true}};
    lines.read(Json::array({line}));
    CHECK(lines.takeSends().empty());
    lines.want({"1", "0"}, false);
    CHECK(lines.takeSends() == std::map<std::string, bool>{{"0", false}});
    CHECK(lines.takeSends().empty());
    lines.doubtSends();
    CHECK(lines.takeSends() == std::map<std::string, bool>{{"0", false}});
    lines.read(Json::array({line})); // Janus sends it again
    CHECK(lines.takeSends() == std::map<std::string, bool>{{"0", false}});
    lines.want({"1", "0"}, true);
    CHECK(lines.takeSends() == std::map<std::string, bool>{{"0", true}});
}

TEST_CASE("an offer waits for the answer to the one before") {
    std::vector<std::string> given;
    Offers offers([&](const daemon::SfuOffer& offer) { given.push_back(offer.sdp); });
    offers.add({"a", {}, true});
    offers.add({"b", {}, false});
    CHECK(given == std::vector<std::string>{"a"});
    CHECK(offers.answered());
    CHECK(given.back() == "b");
    offers.outdate();
    offers.add({"c", {}, true});
    CHECK(given.back() == "b");
    CHECK_FALSE(offers.answered());
    CHECK(given.back() == "c");
    offers.clear();
    CHECK_FALSE(offers.answered());
}

TEST_CASE("a request is answered once: by its event, its error or its deadline") {
    relay::Loop loop;
    Transactions transactions(loop);
    int answers = 0;
    Reply last;
    const auto done = [&](const Reply& reply) {
        ++answers;
        last = reply;
    };
    const auto id = transactions.begin(Transactions::Until::answered, 10s, done);
    Json ack{{"janus", "ack"}, {"transaction", id}};
    CHECK(transactions.settle(ack));
    CHECK(answers == 0);
    const Json event{{"janus", "event"},
                     {"transaction", id},
                     {"plugindata", {{"data", {{"error_code", 426}, {"error", "No such room"}}}}}};
    for (int times = 0; times < 2; ++times) {
        Json message = event;
        CHECK(transactions.settle(message));
    }
    CHECK(answers == 1);
    CHECK(last.error == 426);
    CHECK(last.reason == "No such room");
    Json unasked{{"janus", "event"}};
    CHECK_FALSE(transactions.settle(unasked));

    transactions.begin(Transactions::Until::acknowledged, 1ms, done);
    CHECK(loop.runUntil([&] { return answers == 2; }, 5s));
    CHECK(last.error == Reply::noAnswer);
}
