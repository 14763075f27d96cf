#include "config/loader.h"
#include "daemon/http/resources/resources.h"
#include "daemon/support/routed_server.h"
#include "daemon/support/snapshots.h"
#include "relay/values/refused.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::daemon::http;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

/// The routes with a relay made by hand behind them; asked without a socket.
struct Api {
    Api() {
        const SnapshotSource source = [this] { return snapshot; };
        addStatus(router, source, {"1.2.3", "1.22.0", "0.1.21", std::chrono::system_clock::now(), {}});
        addCalls(router, source,
                 {[this](const auto& settings) {
                      if (refused) throw *refused;
                      relay::CallSnapshot call;
                      call.name = settings.name;
                      snapshot.calls.push_back(call);
                  },
                  [this](const auto& name, auto onLeft) {
                      const bool is =
                          std::erase_if(snapshot.calls, [&](auto& c) { return c.name == name; }) > 0;
                      if (is) left = std::move(onLeft);
                      return is;
                  },
                  [this] { return reach; }});
        addTracks(router, source);
        addPage(router, source, {"1.2.3", "1.22.0", "0.1.21", {}, {}});
        addHealth(router, {[this] { return fault; }, [this] { return fault; },
                           [this] {
                               ++looks;
                               return snapshot;
                           }});
        addSubscriptions(
            router, source,
            {[this](const auto& settings) {
                 if (refused) throw *refused;
                 snapshot.subscriptions.push_back(
                     {settings.name, settings.tracks.text(), settings.output, {}, {}, {}, settings.queue});
             },
             [this](const auto& name) {
                 return std::erase_if(snapshot.subscriptions, [&](auto& s) { return s.name == name; }) > 0;
             },
             [this] { return reach; }});
    }

    Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                 const std::optional<Caller>& caller = {}) {
        auto match = router.match(method, path);
        REQUIRE(match.route != nullptr);
        Request request;
        request.params = match.params;
        request.body = body;
        request.caller = caller.value_or(Caller{role});
        const auto answer = std::make_shared<Response>(Response{0, {}, {}, {}});
        match.route->handler(request, [answer](Response response) { *answer = std::move(response); });
        if (answer->status == 0 && left) std::exchange(left, {})();
        return *answer;
    }
    Json json(const std::string& path, const std::optional<Caller>& caller = {}) {
        return Json::parse(ask("GET", path, {}, caller).body);
    }

    int looks = 0; ///< at the relay, for health
    relay::Snapshot snapshot = test::studio();
    config::ApiSettings reach;
    Access role = Access::admin;
    std::optional<relay::Refused> refused;
    std::function<void()> left; ///< a call has been left
    std::optional<std::string> fault;
    Router router;
};

std::string headerOf(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

const std::string rtpSubscription =
    R"({"name":"forward","tracks":"studio/*/video","output":{"type":"rtp","host":"127.0.0.1","port":5004}})";

} // namespace

TEST_CASE("the status shows limits, worst case and counts") {
    Api api;
    const auto status = api.json("/v1/status");
    CHECK(status.at("version") == "1.2.3");
    CHECK(status.at("uptime_seconds").get<double>() >= 0);
    CHECK(status.at("limits").at("subscribers") == 2000);
    CHECK(status.at("queue_memory") == Json{{"bytes", 1000000}, {"worst_case_bytes", 5000000}});
    CHECK(status.at("publishers") == Json{{"ice", "lite"}, {"reason", "webrtc.announce is set"}});
    CHECK(status.at("counts") == Json{{"calls", 1},
                                      {"peers", 1},
                                      {"tracks", 2},
                                      {"tracks_draining", 1},
                                      {"subscriptions", 1},
                                      {"subscribers", 1},
                                      {"viewers", 0}});
    test::addViewers(api.snapshot);
    CHECK(api.json("/v1/status").at("counts").at("viewers") == 3);
}

TEST_CASE("a call is told with its participants, and bytes that are no text are replaced") {
    Api api;
    const auto calls = api.json("/v1/calls").at("calls");
    REQUIRE(calls.size() == 1);
    CHECK(calls.at(0) == api.json("/v1/calls/studio"));
    CHECK(calls.at(0).at("state") == "joined");
    CHECK(calls.at(0).at("since") == "2023-11-14T22:13:20.123Z");
    CHECK(calls.at(0).at("participants").at(0).at("display") == "Alice <b>&\"'\xEF\xBF\xBD");
    CHECK(calls.at(0).at("tracks") == Json{"studio/alice/video", "studio/alice/audio"});
    CHECK(calls.at(0).at("peers_lost").at("timeout") == 2);
    CHECK(api.ask("GET", "/v1/calls/nobody").status == 404);
}

TEST_CASE("a track is told with its drain, subscribers and keyframes") {
    Api api;
    const auto video = api.json("/v1/tracks/studio/alice/video");
    CHECK(video.at("name") == "studio/alice/video");
    CHECK(video.at("draining") == false);
    CHECK(video.at("subscribers") == Json::array({"archive"}));
    CHECK(video.at("keyframes").at("wishes").at("attach") == 2);
    CHECK(video.at("last_packet_age_seconds") == 0.25);
    const auto audio = api.json("/v1/tracks/studio/alice/audio");
    CHECK(audio.at("draining") == true);
    CHECK(audio.at("drained_packets") == 90);
    api.snapshot.tracks.front().lastPacketAge.reset();
    CHECK(api.json("/v1/tracks").at("tracks").at(0).at("last_packet_age_seconds").is_null());
    CHECK(api.ask("GET", "/v1/tracks/studio/alice/screen").status == 404);
}

TEST_CASE("a track is told with each of its viewers, a list of tracks with how many") {
    Api api;
    CHECK(api.json("/v1/tracks/studio/alice/video").at("viewers") == Json::array());
    test::addViewers(api.snapshot);
    const auto viewers = api.json("/v1/tracks/studio/alice/video", Caller{Access::admin}).at("viewers");
    REQUIRE(viewers.size() == 2);
    CHECK(viewers.at(1).at("id") == 8);
    auto viewer = viewers.at(0);
    CHECK(viewer.at("queue").at("capacity") == Json{{"buffers", 512}, {"bytes", 2000000}, {"seconds", 0.5}});
    CHECK(viewer.at("queue").at("buffers") == 2);
    viewer.erase("queue");
    CHECK(viewer == Json{{"id", 7},
                         {"state", "connected"},
                         {"address", "192.0.2.1:50000"},
                         {"age_seconds", 1.5},
                         {"packets", 28},
                         {"bytes", 28000},
                         {"retransmitted_packets", 3},
                         {"unavailable_packets", 1},
                         {"keyframe_wishes", 2},
                         {"lost_packets", 4},
                         {"fraction_lost", 0.125},
                         {"jitter_seconds", 0.25},
                         {"round_trip_seconds", 0.5},
                         {"bandwidth_bits_per_second", 800000}});
    const auto video = api.json("/v1/tracks/studio/alice/video", Caller{Access::view});
    REQUIRE(video.at("viewers").size() == 2);
    for (const auto& one : video.at("viewers"))
        CHECK_FALSE(one.contains("address"));
    CHECK(api.json("/v1/tracks/studio/alice/audio").at("viewers").size() == 1);
    const auto tracks = api.json("/v1/tracks").at("tracks");
    CHECK(tracks.at(0).at("viewers") == 2);
    CHECK(tracks.at(1).at("viewers") == 1);
}

TEST_CASE("a token for a part of the node sees of calls and tracks what is its own") {
    Api api;
    api.snapshot.calls.push_back(test::call("other"));
    api.snapshot.calls.front().participants.push_back({"bob", "Bob", true, {}});
    api.snapshot.tracks.push_back(test::track("bob", "video"));
    api.snapshot.tracks.push_back(test::track("eve", "video"));
    api.snapshot.tracks.back().name.call = "other";
    const auto see = [&](const Scope& scope) {
        const Caller caller{Access::view, scope};
        const auto calls = api.json("/v1/calls", caller).at("calls");
        Json seen{{"calls", Json::array()}, {"people", Json::array()}, {"named", Json::array()}};
        for (const auto& call : calls) {
            seen["calls"].push_back(call.at("name"));
            for (const auto& one : call.at("participants"))
                seen["people"].push_back(one.at("name"));
            for (const auto& name : call.at("tracks"))
                seen["named"].push_back(name);
        }
        const auto told = api.json("/v1/tracks", caller);
        Json tracks = Json::array();
        for (const auto& track : told.at("tracks"))
            tracks.push_back(track.at("name"));
        CHECK(tracks == seen["named"]);
        return seen;
    };
    CHECK(see({"studio"}) ==
          Json{{"calls", {"studio"}},
               {"people", {"alice", "bob"}},
               {"named", {"studio/alice/video", "studio/alice/audio", "studio/bob/video"}}});
    CHECK(see({"studio", "alice"}) == Json{{"calls", {"studio"}},
                                           {"people", {"alice"}},
                                           {"named", {"studio/alice/video", "studio/alice/audio"}}});
    CHECK(see({"studio", "alice", "video"}) ==
          Json{{"calls", {"studio"}}, {"people", {"alice"}}, {"named", Json::array({"studio/alice/video"})}});
    CHECK(see({{}, "bob"}) ==
          Json{{"calls", {"studio"}}, {"people", {"bob"}}, {"named", Json::array({"studio/bob/video"})}});
    CHECK(see({{}, {}, "audio"}) ==
          Json{{"calls", {"studio"}}, {"people", {"alice"}}, {"named", Json::array({"studio/alice/audio"})}});
    CHECK(see({"nowhere"}).at("calls").empty());
}

TEST_CASE("a token for a part of a call learns nothing of the rest of it, nor of subscriptions") {
    Api api;
    const Caller ofCall{Access::view, {"studio"}};
    const Caller ofAlice{Access::view, {"studio", "alice"}};
    for (const char* ofAll : {"detail", "peers", "reconnects", "peers_lost"}) {
        CHECK(api.json("/v1/calls/studio", ofCall).contains(ofAll));
        CHECK_FALSE(api.json("/v1/calls/studio", ofAlice).contains(ofAll));
    }
    CHECK(api.json("/v1/tracks/studio/alice/video").contains("subscribers"));
    CHECK_FALSE(api.json("/v1/tracks/studio/alice/video", ofAlice).contains("subscribers"));
    CHECK_FALSE(api.json("/v1/tracks", ofCall).at("tracks").at(0).contains("subscribers"));
    CHECK(api.ask("GET", "/v1/calls/studio", {}, Caller{Access::view, {{}, "bob"}}).status == 403);
}

TEST_CASE("a subscription is told with its branches: bounds, depth, counters") {
    Api api;
    const auto one = api.json("/v1/subscriptions/archive");
    CHECK(one.at("refused").at("studio/alice/audio") == "no");
    const auto branch = one.at("branches").at(0);
    CHECK(branch.at("error") == "disk full");
    const auto& queue = branch.at("queue");
    CHECK(queue.at("policy") == "latest");
    CHECK(queue.at("capacity") == Json{{"buffers", 64}, {"bytes", 1000000}, {"seconds", 1.5}});
    CHECK(queue.at("fill") == 0.08);
    CHECK_FALSE(branch.at("dropping").get<bool>());
    CHECK(queue.at("dropped").at("full") == 5);
    CHECK(queue.at("dropped").at("await_keyframe") == 1);
    CHECK(queue.at("oldest_age_seconds").get<double>() >= 2);
    CHECK(queue.at("received") == 50);
    api.snapshot.subscriptions.front().subscribers.front().queue.queuedBuffers = 0;
    CHECK(api.json("/v1/subscriptions")
              .at("subscriptions")
              .at(0)
              .at("branches")
              .at(0)
              .at("queue")
              .at("oldest_age_seconds") == 0);
}

TEST_CASE("where recordings lie is told to admins alone") {
    Api api;
    auto& archive = api.snapshot.subscriptions.front();
    archive.problem = "cannot record into /srv/archive";
    archive.refused.begin()->second = "cannot record into /srv/archive";
    archive.subscribers.front().status = {"/srv/archive/a.mkv", "no space in /srv/archive", 3};
    const auto told = [&] {
        return api.ask("GET", "/v1/subscriptions").body + api.ask("GET", "/v1/subscriptions/archive").body +
               api.ask("GET", "/").body;
    };
    CHECK_THAT(told(), Catch::Contains("/srv/archive/a.mkv"));
    CHECK_THAT(api.ask("GET", "/").body, Catch::Contains("/srv"));
    api.role = Access::view;
    CHECK_THAT(told(), !Catch::Contains("/srv"));
    CHECK(api.json("/v1/subscriptions/archive").at("branches").at(0).at("errors") == 3);
}

TEST_CASE(
    "what is posted writes below the directories that the configuration names, and knows no other secret") {
    Api api;
    const auto recordInto = [&](const std::string& directory) {
        return api.ask("POST", "/v1/subscriptions",
                       R"({"name":"mine","output":{"type":"record","directory":")" + directory + "\"}}");
    };
    CHECK(recordInto("/srv/archive").status == 422);
    api.reach.directories = {"/srv/archive"};
    CHECK(recordInto("/srv/archive/mine").status == 201);
    const auto refusal = recordInto("/srv/archive/../../etc");
    CHECK(refusal.status == 422);
    CHECK(refusal.body.find("http.api.directories") != std::string::npos);

    const auto joinWith = [&](const std::string& token) {
        return api.ask("POST", "/v1/calls",
                       R"({"name":"a","join":{"type":"whep","url":"https://a.example/","token":)" + token +
                           "}}");
    };
    CHECK(joinWith(R"({"file":"/etc/hostname"})").status == 422);
    CHECK(joinWith(R"({"env":"HOME"})").status == 422);
    CHECK(joinWith(R"({"secret":"gate"})").status == 422);
    api.reach.secrets.emplace("gate", config::Secret("open sesame"));
    CHECK(joinWith(R"({"secret":"gate"})").status == 201);
}

TEST_CASE("subscribing makes a subscription at its Location, unsubscribing ends it") {
    Api api;
    const auto created = api.ask("POST", "/v1/subscriptions", rtpSubscription);
    CHECK(created.status == 201);
    CHECK(headerOf(created, "Location") == "/v1/subscriptions/forward");
    CHECK(Json::parse(created.body).at("tracks") == "studio/*/video");
    CHECK(api.ask("GET", "/v1/subscriptions/forward").status == 200);
    CHECK(api.ask("DELETE", "/v1/subscriptions/forward").status == 204);
    CHECK(api.ask("DELETE", "/v1/subscriptions/forward").status == 404);
}

TEST_CASE("what was set of a subscription is told, so that it can be set again") {
    Api api;
    api.reach.directories = {"/recordings", "/run"};
    for (
        const char* body :
        {R"({"name":"a","tracks":"studio/*/*","output":{"type":"record","directory":"/recordings","files":"track",
              "segment":"1500ms","keep":"2h","max_bytes":"2MiB"},"queue":{"buffers":7,"policy":"latest"}})",
         R"({"name":"b","output":{"type":"rtp","host":"::1","port":5004,"sdp":"/run/b.sdp","max_tracks":3},
              "queue":{"bytes":4096,"time":"2s"}})"}) {
        const auto set =
            std::get<config::SubscriptionSettings>(config::loadSubscription(body, "body", api.reach));
        CHECK(api.ask("POST", "/v1/subscriptions", body).status == 201);
        const auto told = api.json("/v1/subscriptions/" + set.name);
        Json again;
        for (const char* key : {"name", "tracks", "output", "queue"})
            again[key] = told.at(key);
        const auto loaded = config::loadSubscription(again.dump(), "body", api.reach);
        REQUIRE(std::holds_alternative<config::SubscriptionSettings>(loaded));
        CHECK(std::get<config::SubscriptionSettings>(loaded) == set);
    }
}

TEST_CASE("joining makes a call at its Location, leaving it is answered once it has been left") {
    Api api;
    for (const char* body : {R"({"name": "a", "join": {"type": "whip"}})", "name: a\njoin: {type: whip}\n"}) {
        const auto created = api.ask("POST", "/v1/calls", body);
        CHECK(created.status == 201);
        CHECK(headerOf(created, "Location") == "/v1/calls/a");
        CHECK(Json::parse(created.body).at("name") == "a");
        CHECK(api.ask("GET", "/v1/calls/a").status == 200);
        CHECK(api.ask("DELETE", "/v1/calls/a").status == 204);
        CHECK(api.ask("DELETE", "/v1/calls/a").status == 404);
    }
}

TEST_CASE("everything that is wrong with a call is listed, and no secret in it is repeated") {
    Api api;
    const auto response = api.ask(
        "POST", "/v1/calls",
        R"({"name":"a","unwatchd":"pause","join":{"type":"janus","url":"ws://a","room":1,"pin":"hunter2"}})");
    CHECK(response.status == 422);
    CHECK(Json::parse(response.body).at("errors").size() == 2);
    CHECK(response.body.find("hunter2") == std::string::npos);
    for (const char* body : {"", "{", "[]", "null", "{\"name\": 1", "\xff\xfe"}) {
        CAPTURE(body);
        CHECK(api.ask("POST", "/v1/calls", body).status == 422);
    }
}

TEST_CASE("everything that is wrong with a subscription is listed") {
    Api api;
    const auto response = api.ask("POST", "/v1/subscriptions",
                                  R"({"nam":"x","output":{"type":"rtp","host":"127.0.0.1","port":0}})");
    CHECK(response.status == 422);
    const auto errors = Json::parse(response.body).at("errors");
    REQUIRE(errors.size() >= 2);
    CHECK(errors.dump().find("did you mean") != std::string::npos);
    for (const char* body : {"", "{", "[]", "null", "{\"name\": 1", "\xff\xfe"}) {
        CAPTURE(body);
        CHECK(api.ask("POST", "/v1/subscriptions", body).status == 422);
    }
}

TEST_CASE("what the relay refuses has the status that says whether trying again helps") {
    using Kind = relay::Refused::Kind;
    Api api;
    for (const auto& [kind, status] :
         {std::pair(Kind::duplicate, 409U), {Kind::limit, 503U}, {Kind::invalid, 422U}}) {
        api.refused.emplace(kind, "why");
        const auto response = api.ask("POST", "/v1/subscriptions", rtpSubscription);
        CHECK(response.status == status);
        CHECK(headerOf(response, "Retry-After").empty() == (kind != Kind::limit));
        CHECK(api.ask("POST", "/v1/calls", R"({"name": "a", "join": {"type": "whip"}})").status == status);
    }
}

TEST_CASE("health is 200, or 503 with the reason") {
    Api api;
    for (const char* path : {"/healthz", "/readyz"}) {
        api.fault.reset();
        CHECK(api.ask("GET", path).status == 200);
        api.fault = "track studio/alice/video does not progress";
        const auto response = api.ask("GET", path);
        CHECK(response.status == 503);
        CHECK(Json::parse(response.body).at("detail") == *api.fault);
    }
}

TEST_CASE("whoever may not see the rest learns from health no name") {
    Api api;
    api.snapshot.subscriptions.at(0).problem = "cannot record into /srv";
    const auto name = api.snapshot.subscriptions.at(0).name;
    for (const char* path : {"/healthz", "/readyz"})
        for (const auto& [caller, sees] : {std::pair(Caller{}, false),
                                           {Caller{Access::publish}, false},
                                           {Caller{Access::view, {"studio"}}, false},
                                           {Caller{Access::view}, true}}) {
            const auto text = api.ask("GET", path, {}, caller).body;
            CHECK(text.starts_with("degraded\n"));
            CHECK((text.find("subscription " + name + " cannot serve\n") != std::string::npos) == sees);
            CHECK((text == "degraded\n") != sees);
        }
    api.role = Access::open;
    api.fault = "track studio/alice/video does not progress";
    const auto response = api.ask("GET", "/healthz");
    CHECK(response.status == 503);
    CHECK(response.body.find("alice") == std::string::npos);
}

TEST_CASE("however often health is asked for, the relay is looked at once a second") {
    Api api;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 500; ++i)
        for (const char* path : {"/healthz", "/readyz"})
            CHECK(api.ask("GET", path).status == 200);
    CHECK(api.looks >= 1);
    CHECK(api.looks <= 1 + (std::chrono::steady_clock::now() - begin) / 1s);
}

TEST_CASE("nothing from outside becomes markup on the page") {
    Api api;
    const auto page = api.ask("GET", "/").body;
    CHECK(page.find("<b>") == std::string::npos);
    CHECK(page.find("Alice &lt;b&gt;&amp;&quot;&#39;") != std::string::npos);
    CHECK(page.find("<a href=\"watch/studio/alice?source=video\">studio/alice/video</a>") !=
          std::string::npos);
    CHECK(page.find("disk full") != std::string::npos);
}
