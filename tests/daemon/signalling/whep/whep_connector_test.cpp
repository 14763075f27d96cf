#include "daemon/signalling/whep/whep_connector.h"
#include "daemon/support/certificate.h"
#include "daemon/support/daemon_process.h"
#include "daemon/support/soup_server.h"
#include "support/leak_guard.h"
#include "support/turns.h"

#include <algorithm>
#include <cstdlib>

using namespace spillway;
using namespace spillway::daemon;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

const std::string ours =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecret\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\n";
const std::string theirs = "v=0\r\no=- 2 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
                           "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=sendonly\r\n"
                           "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\na=sendonly\r\n"
                           "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:w\r\na=sendonly\r\n"
                           "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:x\r\na=inactive\r\n";

Told created(const std::string& location = "session/1") {
    return {201, {{"Location", location}, {"ETag", "\"e1\""}}, "application/sdp", theirs, {}};
}
Told counterOffer() {
    auto told = created();
    told.status = 406;
    return told;
}
Told problem(unsigned status, const std::string& detail = "because") {
    return {status, {}, "application/problem+json", R"({"title": "No", "detail": ")" + detail + "\"}", {}};
}

/// A WHEP server that answers POST with what the test plans, and one player at it.
struct Play {
    explicit Play(Told post, GTlsCertificate* certificate = nullptr)
        : server([this](const Asked& asked) { return tell(asked); }, certificate)
        , onPost(std::move(post)) {
        settings.url = server.url("/whep/gate");
        settings.token = config::Secret("open sesame");
        settings.participant = "gate";
    }

    Told tell(const Asked& asked) {
        if (asked.path.starts_with("/moved/")) return redirect(asked.path);
        if (asked.method == "OPTIONS") return onOptions;
        if (asked.method == "POST") return onPost;
        return asked.method == "PATCH" ? onPatch : onDelete;
    }
    /// `/moved/3` to `/moved/2` … to the endpoint.
    Told redirect(const std::string& path) const {
        const int left = std::stoi(path.substr(7));
        const std::string next = left > 0 ? "/moved/" + std::to_string(left - 1) : "/whep/gate";
        return {
            static_cast<unsigned>(left % 2 == 0 ? 307 : 308), {{"Location", redirectTo + next}}, {}, {}, {}};
    }

    ConnectorEvents events() {
        ConnectorEvents events;
        events.onJoined = [this] { say("joined"); };
        events.onMembers = [this](const std::vector<relay::Member>& members) {
            say("members " + members.at(0).name);
        };
        events.onOwners = [this](const relay::LineOwners&) { say("owners"); };
        // What is said may end the connector, and this function with it: nothing captured is read after that.
        events.onOffer = [this](const SfuOffer& offer) {
            Play& self = *this;
            self.owners = offer.owners;
            self.say(std::string("offer") + (offer.newPeer ? " new" : "") +
                     (offer.sdp == theirs ? "" : " other"));
            if (self.answers && self.connector) self.connector->answer(ours);
        };
        events.onOfferWanted = [this](std::vector<config::IceServer> servers) {
            Play& self = *this;
            self.iceServers = std::move(servers);
            self.say("offer wanted");
            if (self.answers && self.connector) self.connector->offer(ours);
        };
        events.onAnswer = [this](const std::string& sdp, const relay::LineOwners& lines) {
            owners = lines;
            say(sdp == theirs ? "answer" : "answer " + sdp);
        };
        events.onLost = [this](const Loss& given) {
            loss = given;
            say("lost");
        };
        return events;
    }
    void say(const std::string& line) {
        said.push_back(line);
        if (inside && line == *inside) connector.reset();
    }

    void start() {
        connector = whep::connectorsOf(loop, settings, "call")(events());
        connector->join();
        CHECK(said.empty());
    }
    bool until(const std::string& line) {
        return loop.runUntil([&] { return std::find(said.begin(), said.end(), line) != said.end(); }, 10s);
    }
    bool untilAsked(std::size_t count) {
        return loop.runUntil([&] { return server.asked.size() == count; }, 10s);
    }
    /// Starts, and gives the loss that must follow.
    Loss lost() {
        start();
        REQUIRE(until("lost"));
        return *loss;
    }
    void joined() {
        start();
        REQUIRE(until("members gate"));
    }
    std::chrono::milliseconds leave() {
        const auto start = std::chrono::steady_clock::now();
        bool left = false;
        connector->leave([&] { left = true; });
        CHECK_FALSE(left);
        CHECK(loop.runUntil([&] { return left; }, 10s));
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    }

    relay::Loop loop;
    TestSoupServer server;
    config::WhepJoin settings;
    Told onOptions;
    Told onPost;
    Told onPatch;
    Told onDelete{200, {}, {}, {}, {}};
    std::string redirectTo; ///< an origin
    bool answers = true;
    std::optional<std::string> inside; ///< the event in which the connector is destroyed
    Lines said;
    relay::LineOwners owners;
    std::vector<config::IceServer> iceServers;
    std::optional<Loss> loss;
    std::unique_ptr<Connector> connector;
};

} // namespace

TEST_CASE("201: our offer is posted with the token, the answer is told, and the call is joined") {
    Play play(created());
    play.joined();
    CHECK(play.said == Lines{"offer wanted", "answer", "joined", "members gate"});
    CHECK(play.server.lines() == Lines{"OPTIONS /whep/gate", "POST /whep/gate"});
    const Asked& post = play.server.last("POST");
    CHECK(post.body == ours);
    CHECK(post.header("content-type") == "application/sdp");
    CHECK(post.header("authorization") == "Bearer open sesame");
    CHECK(play.owners == relay::LineOwners{{"0", {"gate", "video"}}, {"1", {"gate", "audio"}}});
    CHECK_FALSE(play.connector->renew());
}

TEST_CASE("leaving deletes the session, with the token") {
    Play play(created(GENERATE("session/1", "/whep/session/1", "./x/../session/1")));
    play.joined();
    CHECK(play.leave() < 2s);
    CHECK(play.server.lines().back() == "DELETE /whep/session/1");
    CHECK(play.server.last("DELETE").header("authorization") == "Bearer open sesame");
    CHECK(play.said.back() == "members gate");
}

TEST_CASE("a session whose server does not answer DELETE is left after two seconds") {
    Play play(created());
    play.onDelete.how = Told::How::never;
    play.joined();
    const auto took = play.leave();
    CHECK(took >= 1900ms);
    CHECK(took < 3s);
}

TEST_CASE("leaving while the POST is on its way removes the session that comes of it") {
    Play play(created());
    play.answers = false;
    play.start();
    REQUIRE(play.until("offer wanted"));
    play.connector->offer(ours);
    play.leave();
    CHECK(play.server.lines() == Lines{"OPTIONS /whep/gate", "POST /whep/gate", "DELETE /whep/session/1"});
    CHECK(play.said == Lines{"offer wanted"});
}

TEST_CASE("leaving before there is anything to leave sends nothing and reports nothing") {
    Play play(created());
    play.answers = false;
    play.start();
    SECTION("while asking") {}
    SECTION("while our offer is made") {
        REQUIRE(play.until("offer wanted"));
    }
    const auto asked = play.server.asked.size();
    const auto said = play.said;
    play.leave();
    CHECK(play.server.asked.size() <= asked + 1);
    CHECK(play.said == said);
}

TEST_CASE("a session that is lost is still deleted by leaving") {
    Play play(created());
    play.onPost.type = "text/html";
    const auto loss = play.lost();
    CHECK_FALSE(loss.final);
    play.leave();
    CHECK(play.server.lines().back() == "DELETE /whep/session/1");
}

TEST_CASE("406: the counter-offer is for a new peer, our answer is patched, and the call is joined") {
    Play play(counterOffer());
    play.joined();
    CHECK(play.said == Lines{"offer wanted", "offer new", "joined", "members gate"});
    CHECK(play.owners ==
          relay::LineOwners{{"a", {"gate", "audio"}}, {"v", {"gate", "video"}}, {"w", {"gate", "video-2"}}});
    const Asked& patch = play.server.last("PATCH");
    CHECK(patch.path == "/whep/session/1");
    CHECK(patch.body == ours);
    CHECK(patch.header("content-type") == "application/sdp");
    CHECK(patch.header("if-match") == "\"e1\"");
    CHECK(patch.header("authorization") == "Bearer open sesame");
    play.leave();
    CHECK(play.server.lines().back() == "DELETE /whep/session/1");
}

TEST_CASE("an answer that the server refuses is a loss") {
    Play play(counterOffer());
    play.onPatch = problem(422, "no");
    CHECK(play.lost().final);
    play.leave();
    CHECK(play.server.lines().back() == "DELETE /whep/session/1");
}

TEST_CASE("406 without an offer is final") {
    Play play(problem(406));
    CHECK(play.lost().final);
}

TEST_CASE("409 and 503 are tried again when the server says so") {
    const unsigned status = GENERATE(409U, 503U, 429U);
    Play play(problem(status, "nobody sends"));
    play.onPost.headers = {{"Retry-After", "7"}};
    const auto loss = play.lost();
    CHECK_FALSE(loss.final);
    REQUIRE(loss.retryAfter);
    CHECK(*loss.retryAfter == 7s);
    CHECK_THAT(loss.detail, Catch::Contains(std::to_string(status)) && Catch::Contains("nobody sends"));
}

TEST_CASE("what would be refused again is final, what may come is not") {
    const auto [status, isFinal] = GENERATE(table<unsigned, bool>({{400, true},
                                                                   {401, true},
                                                                   {403, true},
                                                                   {404, false},
                                                                   {405, false},
                                                                   {408, false},
                                                                   {410, false},
                                                                   {415, true},
                                                                   {422, true},
                                                                   {500, false},
                                                                   {502, false},
                                                                   {200, false},
                                                                   {302, false}}));
    Play play(problem(status, "told"));
    const auto loss = play.lost();
    CHECK(loss.final == isFinal);
    CHECK_FALSE(loss.retryAfter);
    CHECK_THAT(loss.detail, Catch::Contains(std::to_string(status)) && Catch::Contains("told"));
    CHECK_THAT(loss.detail, !Catch::Contains("sesame"));
}

TEST_CASE("what a server says about its refusal is cut and made printable") {
    Play play(problem(400, "one\\ntwo" + std::string(10000, 'x')));
    const auto loss = play.lost();
    CHECK(loss.detail.size() < 200);
    CHECK(loss.detail.find('\n') == std::string::npos);
}

TEST_CASE("redirects are followed with method, body and token, five at most") {
    Play play(created());
    SECTION("five") {
        play.settings.url = play.server.url("/moved/4");
        play.joined();
        const Asked& post = play.server.last("POST");
        CHECK(post.path == "/whep/gate");
        CHECK(post.body == ours);
        CHECK(post.header("content-type") == "application/sdp");
        CHECK(post.header("authorization") == "Bearer open sesame");
        // Relative to where the answer came from.
        play.leave();
        CHECK(play.server.lines().back() == "DELETE /whep/session/1");
    }
    SECTION("six") {
        play.settings.url = play.server.url("/moved/5");
        const auto loss = play.lost();
        CHECK_FALSE(loss.final);
        CHECK_THAT(loss.detail, Catch::Contains("five redirects"));
    }
}

TEST_CASE("a server points us to itself and to public addresses, and to nothing inside") {
    Play play(created());
    SECTION("by a redirect") {
        TestSoupServer inside([](const Asked&) { return Told{}; });
        play.redirectTo = inside.url("");
        play.settings.url = play.server.url("/moved/0");
        const auto loss = play.lost();
        CHECK_THAT(loss.detail, Catch::Contains("neither the configured server nor public"));
        CHECK(inside.asked.empty());
    }
    SECTION("by a name") {
        play.redirectTo = play.server.url("", "localhost");
        play.settings.url = play.server.url("/moved/0");
        CHECK_THAT(play.lost().detail, Catch::Contains("neither the configured server nor public"));
        CHECK(play.server.lines() == Lines{"OPTIONS /moved/0"});
    }
    SECTION("by the session's Location") {
        TestSoupServer inside([](const Asked&) { return Told{}; });
        play.onPost = created(inside.url("/v1/calls/studio"));
        play.joined();
        play.leave();
        CHECK(inside.asked.empty());
    }
}

TEST_CASE("a session without a Location that can be used is played, and left without a word") {
    Play play(created(GENERATE("", "ftp://127.0.0.1/x", "http://[")));
    play.joined();
    CHECK(play.said.at(1) == "answer");
    play.connector->candidate("0", "candidate:1 1 udp 1 192.0.2.1 5000 typ host");
    play.leave();
    CHECK(play.untilAsked(2)); // OPTIONS and POST
}

TEST_CASE("an answer with 200, or without a type, is an answer") {
    auto told = created();
    SECTION("200") {
        told.status = 200;
    }
    SECTION("no type") {
        told.type = "";
    }
    Play play(told);
    play.joined();
    play.leave();
    CHECK(play.server.last("DELETE").path == "/whep/session/1");
}

TEST_CASE("a session that comes with no answer is deleted by leaving") {
    auto told = created();
    told.body = "hello";
    told.type = "";
    Play play(told);
    CHECK_THAT(play.lost().detail, Catch::Contains("201 without an SDP answer"));
    play.leave();
    CHECK(play.server.last("DELETE").path == "/whep/session/1");
}

TEST_CASE("garbage, too much and nothing are losses that are tried again") {
    Play play(created());
    SECTION("no SDP") {
        play.onPost.type = "text/plain";
    }
    SECTION("an empty answer") {
        play.onPost.body = "";
    }
    SECTION("more than 64 KiB") {
        play.onPost.body.append(65536, 'x');
    }
    SECTION("a refusal with a body that is no JSON") {
        play.onPost = {500, {}, "application/problem+json", "{\"detail\":", {}};
    }
    SECTION("nobody there") {
        play.settings.url = "http://127.0.0.1:1/whep";
    }
    SECTION("no URL") {
        play.settings.url = "whep";
    }
    const auto loss = play.lost();
    CHECK_FALSE(loss.final);
    CHECK_FALSE(loss.detail.empty());
}

TEST_CASE("a server that cannot be reached, or is frozen, is known before an offer is asked for") {
    Play play(created());
    SECTION("nobody there") {
        play.settings.url = "http://127.0.0.1:1/whep";
    }
    SECTION("no answer") {
        play.onOptions.how = Told::How::never;
    }
    play.lost();
    CHECK(play.said == Lines{"lost"});
}

TEST_CASE("OPTIONS decides nothing: when it is refused, the POST follows") {
    Play play(created());
    play.onOptions = problem(GENERATE(401U, 404U, 405U));
    play.joined();
    CHECK(play.server.lines() == Lines{"OPTIONS /whep/gate", "POST /whep/gate"});
}

TEST_CASE("ICE servers that OPTIONS names are told with the wish for an offer") {
    Play play(created());
    play.onOptions.headers = {{"Link", "<stun:stun.example.net>; rel=\"ice-server\""},
                              {"Link", "<turn:turn.example.net?transport=udp>; rel=\"ice-server\"; "
                                       "username=\"user\"; credential=\"a\\\"b\"; "
                                       "credential-type=\"password\""}};
    play.joined();
    REQUIRE(play.iceServers.size() == 2);
    CHECK(play.iceServers[0].url == "stun:stun.example.net");
    CHECK(play.iceServers[1].username == "user");
    CHECK(play.iceServers[1].password->reveal() == "a\"b");
}

TEST_CASE("late candidates are patched, one request at a time, with the ETag of now") {
    Play play(created());
    play.onPatch = {204, {{"ETag", "\"e2\""}}, {}, {}, {}};
    play.answers = false;
    play.start();
    REQUIRE(play.until("offer wanted"));
    play.connector->offer(ours);
    play.connector->candidate("1", "candidate:early 1 udp 1 192.0.2.1 1 typ host");
    REQUIRE(play.until("members gate"));
    play.connector->candidate("0", "candidate:late 1 udp 1 192.0.2.1 2 typ host");
    play.connector->candidate("0", "candidate:later 1 udp 1 192.0.2.1 3 typ host");
    REQUIRE(play.untilAsked(4));
    const Asked& first = play.server.asked[2];
    CHECK(first.method == "PATCH");
    CHECK(first.path == "/whep/session/1");
    CHECK(first.header("content-type") == "application/trickle-ice-sdpfrag");
    CHECK(first.header("if-match") == "\"e1\"");
    CHECK(first.body ==
          "a=ice-ufrag:abcd\r\na=ice-pwd:secretsecretsecret\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"
          "a=candidate:early 1 udp 1 192.0.2.1 1 typ host\r\n");
    const Asked& second = play.server.asked[3];
    CHECK(second.header("if-match") == "\"e2\"");
    CHECK_THAT(second.body,
               Catch::Contains("a=mid:0\r\na=candidate:late ") && Catch::Contains("\r\na=candidate:later "));
}

TEST_CASE(
    "a server that takes no trickle is not asked again, and one that has no such session has ended it") {
    Play play(created());
    SECTION("no trickle") {
        play.onPatch = problem(GENERATE(405U, 412U, 422U));
        play.joined();
        play.connector->candidate("0", "candidate:1");
        REQUIRE(play.untilAsked(3));
        nothingComes(play.loop, 50ms);
        play.connector->candidate("0", "candidate:2");
        play.leave();
        CHECK(play.server.asked.size() == 4);
        CHECK_FALSE(play.loss);
    }
    SECTION("no session") {
        play.onPatch = problem(404);
        play.joined();
        play.connector->candidate("0", "candidate:1");
        REQUIRE(play.until("lost"));
        CHECK_FALSE(play.loss->final);
    }
}

TEST_CASE("a certificate that nobody vouches for is refused") {
    const Folder folder;
    const auto [certificate, key] = Certificate(folder.path());
    glib::Error error;
    const glib::Object<GTlsCertificate> tls(
        g_tls_certificate_new_from_files(certificate.c_str(), key.c_str(), error.out()));
    REQUIRE(tls);
    Play play(created(), tls.get());
    const auto loss = play.lost();
    CHECK_FALSE(loss.final);
    CHECK_THAT(loss.detail, Catch::Contains("certificate"));
    CHECK(play.server.asked.empty());
}

TEST_CASE("a connector may be destroyed inside any of its events, and leaves nothing") {
    Play play(created());
    SECTION("the wish") {
        play.inside = "offer wanted";
    }
    SECTION("the answer") {
        play.inside = "answer";
    }
    SECTION("joined") {
        play.inside = "joined";
    }
    SECTION("the members") {
        play.inside = "members gate";
    }
    SECTION("the counter-offer") {
        play.onPost = counterOffer();
        play.inside = "offer new";
    }
    SECTION("the loss") {
        play.onPost = problem(404);
        play.inside = "lost";
    }
    play.answers = play.inside != "offer wanted" && play.inside != "offer new";
    if (play.inside == "offer new") play.answers = false;
    play.start();
    if (play.inside == "offer new") {
        REQUIRE(play.until("offer wanted"));
        play.connector->offer(ours);
    }
    REQUIRE(play.until(*play.inside));
    CHECK(play.connector == nullptr);
    nothingComes(play.loop, 50ms);
    CHECK(play.said.back() == *play.inside);
}

TEST_CASE("joining and leaving leave no descriptor") {
    Play play(created());
    play.joined();
    play.leave();
    play.connector.reset();
    const LeakGuard guard;
    for (int i = 0; i < 10; ++i) {
        play.said.clear();
        play.joined();
        play.leave();
        play.connector.reset();
    }
    guard.require([&] { turn(play.loop, 5ms); });
}
