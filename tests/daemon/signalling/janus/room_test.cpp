// The connector in rooms of a real Janus.
#include "config/name.h"
#include "daemon/signalling/janus/janus_guest.h"
#include "daemon/signalling/janus/janus_server.h"
#include "daemon/support/tcp_tunnel.h"
#include "support/catch.h"
#include "support/leak_guard.h"
#include "support/turns.h"

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

config::JanusJoin joinOf(const std::string& url, const std::string& room = "1234") {
    config::JanusJoin join;
    join.url = url;
    join.room = room;
    return join;
}

const char* const pinned = "room-5678: { description = \"with a pin\"\n pin = \"1111\"\n}\n";

/// A room with people, and us in it.
struct Room {
    explicit Room(const std::string& general = {}, const std::string& rooms = {})
        : server(loop, general, rooms)
        , people(loop, server.url()) {}

    relay::Loop loop;
    JanusServer server;
    People people;
};

const char* const alice = "alice/camera alice/microphone";
const char* const aliceAndBob = "alice/camera alice/microphone bob/camera bob/microphone";

} // namespace

TEST_CASE("a guest of a Janus room sees who comes and goes, and what they send") {
    Room room;
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    CHECK(guest.offers.empty());

    const auto id = room.people.come("alice", People::cameraAndMicrophone());
    const auto first = guest.nextOffer();
    CHECK(first.newPeer);
    CHECK(guest.members == std::vector<relay::Member>{{"alice", "alice"}});
    CHECK(guest.tracks() == alice);
    guest.connector->answer(answerTo(first.sdp));

    room.people.come("bob", Json::array({People::stream(0, "video", "My Screen"), People::stream(1, "video"),
                                         People::stream(2, "audio")}));
    const auto second = guest.nextOffer();
    CHECK_FALSE(second.newPeer);
    CHECK(guest.tracks() == "alice/camera alice/microphone bob/camera bob/microphone bob/screen");
    guest.connector->answer(answerTo(second.sdp));

    room.people.go(id);
    REQUIRE(guest.hasTracks("bob/camera bob/microphone bob/screen"));
    CHECK(guest.hasMembers({{"bob", "bob"}}));

    room.people.come("carol", People::cameraAndMicrophone());
    REQUIRE(guest.hasTracks("bob/camera bob/microphone bob/screen carol/camera carol/microphone"));
    CHECK(guest.owners.at("0").participant == "carol");
    CHECK(guest.owners.size() == 5);
    CHECK_FALSE(guest.lost);
    guest.leave();
}

TEST_CASE("who was in the Janus room before is there at once, and we are gone when we have left") {
    Room room;
    room.people.come("alice", People::cameraAndMicrophone());
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.hasTracks(alice));
    CHECK(room.people.list().size() == 2);
    guest.leave();
    CHECK(room.people.becomes(1));
}

TEST_CASE("changes during an open offer of Janus come with the next one") {
    Room room;
    room.people.come("alice", People::cameraAndMicrophone());
    Guest guest(room.loop, joinOf(room.server.url()));
    const auto first = guest.nextOffer();
    const auto bob = room.people.come("bob", People::cameraAndMicrophone());
    const auto carol = room.people.come("carol", People::cameraAndMicrophone());
    REQUIRE(guest.until([&] { return guest.members.size() == 3; }));
    room.people.go(carol);
    REQUIRE(guest.until([&] { return guest.members.size() == 2; }));
    CHECK(guest.offers.empty());
    guest.connector->answer(answerTo(first.sdp));
    REQUIRE(guest.hasTracks(aliceAndBob));
    room.people.go(bob);
    REQUIRE(guest.hasTracks(alice));
    CHECK_FALSE(guest.lost);
}

TEST_CASE("ten who come to a Janus room at once are all subscribed to") {
    Room room;
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    for (int i = 0; i < 10; ++i)
        room.people.come("p" + std::to_string(i), People::cameraAndMicrophone());
    REQUIRE(guest.answeringUntil([&] { return guest.owners.size() == 20; }));
    CHECK(guest.members.size() == 10);
    CHECK_FALSE(guest.lost);
}

TEST_CASE("a stream that a publisher disables has no owner until it is enabled") {
    Room room;
    auto streams = People::cameraAndMicrophone();
    const auto id = room.people.come("alice", streams);
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.hasTracks(alice));
    streams[1]["disabled"] = true;
    room.people.change(id, streams);
    REQUIRE(guest.hasTracks("alice/microphone"));
    streams[1]["disabled"] = false;
    streams.push_back(People::stream(2, "video", "screen"));
    room.people.change(id, streams);
    REQUIRE(guest.hasTracks("alice/camera alice/microphone alice/screen"));
    CHECK_FALSE(guest.lost);
}

TEST_CASE("a stream that a moderator mutes has no owner, without an offer") {
    Room room;
    const auto id = room.people.come("alice", People::cameraAndMicrophone());
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.hasTracks(alice));
    room.people.ask("moderate", {{"id", id}, {"mid", "0"}, {"mute", true}});
    REQUIRE(guest.hasTracks("alice/camera"));
    room.people.ask("moderate", {{"id", id}, {"mid", "0"}, {"mute", false}});
    REQUIRE(guest.hasTracks(alice));
}

TEST_CASE("two people of one display name keep their names while both are in the Janus room") {
    Room room;
    const auto video = Json::array({People::stream(0, "video")});
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    const std::string name = config::toName("../x");
    const auto first = room.people.come("../x", video);
    REQUIRE(guest.hasTracks(name + "/camera"));
    room.people.come("../x", video);
    REQUIRE(guest.hasTracks(name + "-2/camera " + name + "/camera"));
    room.people.go(first);
    REQUIRE(guest.hasTracks(name + "-2/camera"));
    CHECK(guest.hasMembers({{name + "-2", "../x"}}));
}

TEST_CASE("a renewed subscription comes as an offer of a new transport with the same tracks") {
    Room room;
    room.people.come("alice", People::cameraAndMicrophone());
    Guest guest(room.loop, joinOf(room.server.url()));
    SECTION("after the answer") {
        REQUIRE(guest.hasTracks(alice));
    }
    SECTION("while an offer is open") {
        guest.nextOffer();
    }
    guest.offers.clear();
    REQUIRE(guest.connector->renew());
    const auto offer = guest.nextOffer();
    CHECK(offer.newPeer);
    CHECK(guest.tracks() == alice);
    guest.connector->answer(answerTo(offer.sdp));
    room.people.come("bob", People::cameraAndMicrophone());
    REQUIRE(guest.hasTracks(aliceAndBob));
}

TEST_CASE("pausing and resuming a track of a Janus room is taken by Janus") {
    Room room;
    const auto id = room.people.come("alice", People::cameraAndMicrophone());
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.hasTracks(alice));
    guest.connector->want({"alice", "camera"}, false);
    guest.connector->want({"alice", "camera"}, true);
    guest.connector->want({"nobody", "camera"}, false);
    room.people.go(id);
    REQUIRE(guest.hasTracks(""));
    CHECK_FALSE(guest.lost);
}

TEST_CASE(
    "a wrong pin, a wrong secret and a room of the wrong kind are final, a room that is not there is not") {
    const bool secret = GENERATE(false, true);
    relay::Loop loop;
    JanusServer server(loop, secret ? "api_secret = \"s3cret\"\n" : "", pinned);
    auto join = joinOf(server.url(), "5678");
    bool final = true;
    SECTION("the pin") {
        join.pin = config::Secret("2222");
    }
    SECTION("a room named by text") {
        join.room = "kitchen";
    }
    SECTION("no such room") {
        join.room = "99";
        final = false;
    }
    if (secret && final)
        join.apiSecret = config::Secret("gu3ss");
    else if (secret)
        join.apiSecret = config::Secret("s3cret");
    Guest guest(loop, join);
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    INFO(guest.lost->detail);
    CHECK(guest.lost->final == final);
    CHECK_FALSE(guest.joined);
    CHECK_THAT(guest.lost->detail, !Catch::Contains("2222") && !Catch::Contains("gu3ss"));
}

TEST_CASE("the right pin opens a Janus room") {
    Room room({}, pinned);
    auto join = joinOf(room.server.url(), "5678");
    join.pin = config::Secret("1111");
    Guest guest(room.loop, join);
    REQUIRE(guest.until([&] { return guest.joined; }));
    guest.leave();
}

TEST_CASE("a Janus room that is destroyed, or that we are kicked out of, is left for good") {
    Room room;
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    SECTION("destroyed") {
        room.people.ask("destroy");
    }
    SECTION("kicked") {
        room.people.ask("kick", {{"id", room.people.list().at(0).at("id")}});
    }
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK(guest.lost->final);
}

TEST_CASE("a lost socket is followed by a claim: the same session, and what was missed is caught up with") {
    Room room("reclaim_session_timeout = 20\n");
    room.people.come("alice", People::cameraAndMicrophone());
    TcpTunnel tunnel(room.server.port());
    const auto make = daemon::janus::connectorsOf(room.loop, joinOf(tunnel.url()), "call");
    Guest guest(room.loop, make);
    REQUIRE(guest.hasTracks(alice));
    SECTION("someone has come meanwhile") {
        tunnel.cut();
        room.people.come("bob", People::cameraAndMicrophone());
        REQUIRE(guest.hasTracks(aliceAndBob));
    }
    SECTION("the next connector finds no session of the one before in its way") {
        tunnel.refuse(true);
        tunnel.cut();
        REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
        CHECK_FALSE(guest.lost->final);
        guest.leave(); // nobody hears it
        tunnel.refuse(false);
        Guest next(room.loop, make);
        REQUIRE(next.hasTracks(alice));
        CHECK(room.people.list().size() == 2);
        next.leave();
        CHECK(room.people.list().size() == 1);
        return;
    }
    CHECK_FALSE(guest.lost);
    CHECK(room.people.list().size() == 3);
    guest.leave();
}

TEST_CASE("a Janus that is gone is a loss, and not a final one") {
    Room room;
    Guest guest(room.loop, joinOf(room.server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    room.server.stop();
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK_FALSE(guest.lost->final);
}

TEST_CASE("a frozen Janus is noticed by its silence") {
    relay::Loop loop;
    JanusServer server(loop);
    std::optional<std::string> closed;
    bool open = false;
    daemon::janus::SocketEvents events{[&] { open = true; }, [](auto) {}, [&](auto why) { closed = why; }};
    daemon::janus::Socket::Limits limits;
    limits.ping = 1s;
    limits.silence = 2s;
    daemon::janus::Socket socket(loop, server.url(), events, limits);
    REQUIRE(loop.runUntil([&] { return open; }, 5s));
    CHECK_FALSE(loop.runUntil([&] { return closed.has_value(); }, 3s));
    server.signal(SIGSTOP);
    CHECK(loop.runUntil([&] { return closed.has_value(); }, 5s));
    server.signal(SIGCONT);
}

TEST_CASE("a connector to Janus leaves no thread and no descriptor behind") {
    Room room;
    room.people.come("alice", People::cameraAndMicrophone());
    { Guest warm(room.loop, joinOf(room.server.url())); }
    const auto turnRoom = [&] { turn(room.loop, 20ms); };
    for (int i = 0; i < 50; ++i)
        turnRoom();
    const LeakGuard guard;
    for (int i = 0; i < 5; ++i) {
        Guest guest(room.loop, joinOf(room.server.url()));
        if (i % 2 == 0) REQUIRE(guest.hasTracks(alice));
    }
    Guest leaving(room.loop, joinOf(room.server.url()));
    REQUIRE(leaving.hasTracks(alice));
    leaving.leave();
    guard.require(turnRoom, 10s);
}
