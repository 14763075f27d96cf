// The connector against a scripted server (scripted_janus.h): what a real Janus cannot be made to do on
// demand.
#include "daemon/signalling/janus/janus_guest.h"
#include "daemon/signalling/janus/scripted_janus.h"
#include "daemon/support/daemon_process.h"
#include "daemon/support/soup_server.h"
#include "support/catch.h"

#include <algorithm>

using namespace spillway;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

using daemon::janus::textOf;

config::JanusJoin joinOf(const std::string& url) {
    config::JanusJoin join;
    join.url = url;
    join.room = "1234";
    return join;
}

bool usual(const Json&) {
    return false;
}

std::string requestOf(const Json& request) {
    return request.contains("body") ? textOf(request.at("body"), "request") : textOf(request, "janus");
}

std::size_t count(const ScriptedJanus& server, const std::string& request) {
    return static_cast<std::size_t>(
        std::count_if(server.requests.begin(), server.requests.end(),
                      [&](const Json& one) { return requestOf(one) == request; }));
}

const Json& last(const ScriptedJanus& server, const std::string& request) {
    const auto found = std::find_if(server.requests.rbegin(), server.requests.rend(),
                                    [&](const Json& one) { return requestOf(one) == request; });
    REQUIRE(found != server.requests.rend());
    return *found;
}

} // namespace

TEST_CASE("the event that answers a request may come before its ack") {
    relay::Loop loop;
    ScriptedJanus* janus = nullptr;
    ScriptedJanus server([&](const Json& request) {
        if (requestOf(request) != "join") return false;
        janus->event(request.at("handle_id"), {{"videoroom", "joined"}, {"publishers", Json::array()}},
                     request);
        janus->acknowledge(request);
        return true;
    });
    janus = &server;
    Guest guest(loop, joinOf(server.url()));
    CHECK(guest.until([&] { return guest.joined; }));
    CHECK_FALSE(guest.lost);
}

TEST_CASE("a feed that is gone when it is subscribed to is left out, the others are subscribed to") {
    relay::Loop loop;
    ScriptedJanus* janus = nullptr;
    ScriptedJanus server([&](const Json& request) {
        if (requestOf(request) != "join" || !request.at("body").contains("streams")) return false;
        if (request.at("body").at("streams").size() == 1) return false;
        const Json error{{"videoroom", "event"}, {"error_code", 428}, {"error", "No such feed (5)"}};
        janus->event(request.at("handle_id"), error, request);
        return true;
    });
    janus = &server;
    server.publishers = {ScriptedJanus::publisher(5, "gone"), ScriptedJanus::publisher(6, "there")};
    Guest guest(loop, joinOf(server.url()));
    const auto offer = guest.nextOffer();
    CHECK(offer.owners == relay::LineOwners{{"0", {"there", "camera"}}});
    CHECK_FALSE(guest.lost);
}

TEST_CASE("every request to Janus bears token and secret, every join the pin") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    auto join = joinOf(server.url());
    join.token = config::Secret("t0ken");
    join.apiSecret = config::Secret("s3cret");
    join.pin = config::Secret("1111");
    Guest guest(loop, join);
    guest.connector->answer(guest.nextOffer().sdp);
    REQUIRE(guest.until([&] { return count(server, "start") == 1; }));
    for (const auto& request : server.requests) {
        CHECK(textOf(request, "token") == "t0ken");
        CHECK(textOf(request, "apisecret") == "s3cret");
        if (requestOf(request) != "join") continue;
        CHECK(textOf(request.at("body"), "pin") == "1111");
        CHECK(request.at("body").at("room") == 1234);
    }
    CHECK(last(server, "join").at("body").at("private_id") == 7);
    CHECK(last(server, "join").at("body").at("use_msid") == true);
}

TEST_CASE("a transport that Janus ends is replaced, and a late answer to its offer goes nowhere") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    Guest guest(loop, joinOf(server.url()));
    const auto first = guest.nextOffer();
    guest.connector->answer("first answer");
    server.send({{"janus", "webrtcup"}, {"sender", 12}});
    SECTION("while it is at rest") {
        server.send({{"janus", "hangup"}, {"sender", 12}, {"reason", "ICE failed"}});
    }
    SECTION("while an offer is open") {
        server.event(12, {{"videoroom", "updated"}, {"streams", ScriptedJanus::lines({5})}}, {},
                     ScriptedJanus::offer("second"));
        CHECK(guest.nextOffer().sdp == "second");
        server.send({{"janus", "hangup"}, {"sender", 12}, {"reason", "ICE failed"}});
        REQUIRE(guest.until([&] { return server.lastHandle == 13 && count(server, "join") == 3; }));
        CHECK(guest.offers.empty());
        guest.connector->answer("too late");
    }
    const auto anew = guest.nextOffer();
    CHECK(anew.newPeer);
    CHECK(anew.sdp == "offer 13");
    CHECK(anew.owners == relay::LineOwners{{"0", {"alice", "camera"}}});
    CHECK(last(server, "detach").at("handle_id") == 12);
    guest.connector->answer("last answer");
    REQUIRE(guest.until([&] { return count(server, "start") == 2; }));
    CHECK(last(server, "start").at("jsep").at("sdp") == "last answer");
    CHECK_FALSE(guest.lost);
}

TEST_CASE("a hangup of Janus before media passed is a loss, not a storm") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    Guest guest(loop, joinOf(server.url()));
    guest.connector->answer(guest.nextOffer().sdp);
    server.send({{"janus", "hangup"}, {"sender", 12}, {"reason", "DTLS alert"}});
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK(guest.lost->cause == relay::LostCause::ice);
    CHECK_FALSE(guest.lost->final);
}

TEST_CASE("an offer that nobody asked for is given, and one promised by `updating` waits for it") {
    relay::Loop loop;
    ScriptedJanus* janus = nullptr;
    ScriptedJanus server([&](const Json& request) {
        if (requestOf(request) != "update") return false;
        janus->event(12, {{"videoroom", "updated"}, {"streams", ScriptedJanus::lines({5})}}, {},
                     ScriptedJanus::offer("unasked"));
        janus->event(12, {{"videoroom", "updating"}}, request);
        return true;
    });
    janus = &server;
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    Guest guest(loop, joinOf(server.url()));
    guest.connector->answer(guest.nextOffer().sdp);
    REQUIRE(guest.until([&] { return count(server, "start") == 1; }));
    server.event(11,
                 {{"videoroom", "event"}, {"publishers", Json::array({ScriptedJanus::publisher(6, "bob")})}});
    CHECK(guest.nextOffer().sdp == "unasked");
    CHECK(guest.owners.size() == 1);
    server.event(12, {{"videoroom", "updated"}, {"streams", ScriptedJanus::lines({5, 6})}}, {},
                 ScriptedJanus::offer("promised"));
    guest.connector->answer("answer");
    guest.until([&] { return !guest.offers.empty(); });
    CHECK(guest.nextOffer().sdp == "promised");
    CHECK(guest.tracks() == "alice/camera bob/camera");
    CHECK_FALSE(guest.lost);
}

TEST_CASE("a track that nobody wants is paused by its line, and the end of its line ends the wish") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    Guest guest(loop, joinOf(server.url()));
    guest.connector->answer(guest.nextOffer().sdp);
    guest.connector->want({"alice", "camera"}, false);
    REQUIRE(guest.until([&] { return count(server, "configure") == 1; }));
    CHECK(last(server, "configure").at("body").at("streams") ==
          Json::array({{{"mid", "0"}, {"send", false}}}));
    guest.connector->want({"alice", "camera"}, true);
    REQUIRE(guest.until([&] { return count(server, "configure") == 2; }));
    CHECK(last(server, "configure").at("body").at("streams") ==
          Json::array({{{"mid", "0"}, {"send", true}}}));
}

TEST_CASE("`unpublished` twice is as once") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    server.publishers = Json::array({ScriptedJanus::publisher(5, "alice")});
    Guest guest(loop, joinOf(server.url()));
    guest.connector->answer(guest.nextOffer().sdp);
    server.event(11, {{"videoroom", "event"}, {"unpublished", 5}});
    REQUIRE(guest.until([&] { return guest.owners.empty(); }));
    server.event(11, {{"videoroom", "event"}, {"unpublished", 5}});
    CHECK(guest.members.size() == 1);
    server.event(11, {{"videoroom", "event"}, {"leaving", 5}});
    REQUIRE(guest.until([&] { return guest.members.empty(); }));
    CHECK_FALSE(guest.lost);
}

TEST_CASE("what ends a session of Janus is a loss, once and not final") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    Guest guest(loop, joinOf(server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    SECTION("its timeout") {
        server.send({{"janus", "timeout"}, {"session_id", 1}});
    }
    SECTION("a handle that Janus detaches") {
        server.send({{"janus", "detached"}, {"sender", 11}});
    }
    SECTION("a socket that goes, and with it the session") {
        server.drop();
        REQUIRE(guest.until([&] { return count(server, "claim") == 1; }));
        server.drop(); // before the claim is worth anything
    }
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK_FALSE(guest.lost->final);
    CHECK_FALSE(guest.until([&] { return server.connections > 2; }, 200ms));
}

TEST_CASE("nonsense from Janus is survived, a message over the bound is not read") {
    relay::Loop loop;
    ScriptedJanus server(usual);
    Guest guest(loop, joinOf(server.url()));
    REQUIRE(guest.until([&] { return guest.joined; }));
    for (
        const char* text : {
            "",
            "null",
            "[]",
            R"({"janus":5})",
            "not json",
            R"({"janus":"event","sender":11})",
            R"({"janus":"event","sender":11,"plugindata":{"data":[1]}})",
            R"({"janus":"event","sender":11,"plugindata":{"data":{"publishers":[5,{"id":{}},{"id":-1,"streams":7}]}}})",
            R"({"janus":"event","sender":11,"plugindata":{"data":{"publishers":[{"id":2,"streams":[null,{"type":1}]}]}}})",
            R"({"janus":"slowlink","sender":11,"lost":"many"})",
        })
        server.sendText(text);
    server.event(
        11, {{"videoroom", "event"}, {"publishers", Json::array({ScriptedJanus::publisher(5, "alice")})}});
    guest.nextOffer();
    CHECK_FALSE(guest.lost);
    server.sendText(std::string(2UL * 1024 * 1024, ' '));
    CHECK(guest.until([&] { return count(server, "claim") == 1 || guest.lost; }));
}

TEST_CASE("leaving takes no longer than its deadline when Janus is silent, and nothing is told meanwhile") {
    relay::Loop loop;
    bool silent = false;
    ScriptedJanus server([&](const Json&) { return silent; });
    Guest guest(loop, joinOf(server.url()));
    SECTION("in the room") {
        REQUIRE(guest.until([&] { return guest.joined; }));
        silent = true;
        const auto before = count(server, "destroy");
        server.event(11, {{"videoroom", "event"},
                          {"publishers", Json::array({ScriptedJanus::publisher(5, "alice")})}});
        guest.leave();
        CHECK(count(server, "destroy") == before + 1);
    }
    SECTION("before there is a session") {
        guest.leave();
    }
    CHECK(guest.members.empty());
    CHECK(guest.offers.empty());
}

TEST_CASE("what is not there, or is no Janus, is a loss that is not final") {
    relay::Loop loop;
    std::string url = "ws://127.0.0.1:1/";
    SECTION("nothing listens") {}
    SECTION("no address") {
        url = "ws://";
    }
    SECTION("no such host") {
        url = "ws://nowhere.invalid/";
    }
    Guest guest(loop, joinOf(url));
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK_FALSE(guest.lost->final);
    CHECK_FALSE(guest.lost->detail.empty());
}

TEST_CASE("a redirect is not followed") {
    relay::Loop loop;
    ScriptedJanus elsewhere(usual);
    TestSoupServer server([&](const Asked&) {
        return Told{307, {{"Location", elsewhere.url("http")}}, {}, {}, Told::How::whole};
    });
    Guest guest(loop, joinOf(server.url("/").replace(0, 4, "ws")));
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK(server.asked.size() == 1);
    CHECK(elsewhere.connections == 0);
}

TEST_CASE("a certificate that no authority has signed is refused") {
    relay::Loop loop;
    const Folder folder;
    const auto file = (folder.path() / "both.pem").string();
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        file + " -out " + file + ".crt 2>/dev/null && cat " + file + ".crt >> " + file;
    REQUIRE(std::system(command.c_str()) == 0); // NOLINT(bugprone-command-processor): no text from outside
    const daemon::glib::Object<GTlsCertificate> certificate(
        g_tls_certificate_new_from_file(file.c_str(), nullptr));
    REQUIRE(certificate);
    ScriptedJanus server(usual, certificate.get());
    Guest guest(loop, joinOf(server.url("wss")));
    REQUIRE(guest.until([&] { return guest.lost.has_value(); }));
    CHECK_THAT(guest.lost->detail, Catch::Contains("certificate"));
    CHECK(server.requests.empty());
}
