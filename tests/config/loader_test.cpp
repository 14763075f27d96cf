#include "loading.h"

using namespace spillway::config;
using namespace std::chrono_literals;

TEST_CASE("an empty document is all defaults") {
    const auto* text =
        GENERATE("", "\n", "# nothing\n", "---\n", "---\n...\n", "{}", "~",
                 "http:\nwebrtc:\nlimits:\nmetrics:\nlog:\ncalls:\nsubscriptions:\n", "\xef\xbb\xbf");
    CAPTURE(text);
    const Settings settings = valid(load(text, "f"));
    CHECK(settings.http.listen == std::vector{ListenAddress::parse("127.0.0.1:8080")});
    CHECK_FALSE(settings.http.tls);
    CHECK_FALSE(settings.http.hasTokens());
    CHECK(settings.limits.queueMemory == 256U << 20U);
    CHECK(settings.shutdownTimeout == 10s);
    CHECK(settings.calls.empty());
    CHECK(settings.subscriptions.empty());
}

TEST_CASE("http is read") {
    const TemporaryFolder folder;
    const std::string pem = folder.write("x.pem", "pem");
    const Settings settings = valid(load("http:\n"
                                         "  listen: [0.0.0.0:80, '[::1]:81', unix:/run/s]\n"
                                         "  tls: {certificate: " +
                                             pem + ", key: " + pem +
                                             "}\n"
                                             "  cors: [https://a.example, 'http://b.example:81']\n",
                                         "f"));
    REQUIRE(settings.http.listen.size() == 3);
    CHECK(settings.http.listen[1].text() == "[::1]:81");
    REQUIRE(settings.http.tls);
    CHECK(settings.http.tls->certificate == pem);
    CHECK(settings.http.tls->key == pem);
    CHECK(settings.http.cors == Lines{"https://a.example", "http://b.example:81"});
}

TEST_CASE("one address and one origin need no list") {
    const Settings settings = valid(load("http: {listen: '127.0.0.1:0', cors: '*'}", "f"));
    REQUIRE(settings.http.listen.size() == 1);
    CHECK(settings.http.listen[0].port() == 0);
    CHECK(settings.http.cors == Lines{"*"});
}

TEST_CASE("several addresses with a port of the kernel's choice are allowed") {
    CHECK(valid(load("http: {listen: ['127.0.0.1:0', '127.0.0.1:0']}", "f")).http.listen.size() == 2);
}

TEST_CASE("where viewers are served is read, one or a list") {
    const Settings one = valid(load("webrtc: {listen: '[::]:8190'}", "f"));
    CHECK(one.webrtc.listen == std::vector{ListenAddress::parse("[::]:8190")});
    CHECK(one.webrtc.listenTcp.empty());
    CHECK(valid(load("webrtc: {listen_tcp: ['0.0.0.0:8189', '[::]:443']}", "f")).webrtc.listenTcp ==
          std::vector{ListenAddress::parse("0.0.0.0:8189"), ListenAddress::parse("[::]:443")});
    const Settings several = valid(load("webrtc:\n"
                                        "  listen: ['127.0.0.1:0', '127.0.0.1:0', '[::1]:8189']\n",
                                        "f"));
    CHECK(several.webrtc.listen.size() == 3);
}

TEST_CASE("what is announced is read, one or a list, with our own addresses or without") {
    using Places = std::vector<HostPort>;
    const Settings one = valid(load("webrtc: {announce: 203.0.113.7}", "f"));
    CHECK(one.webrtc.announce == Places{{"203.0.113.7", {}}});
    CHECK_FALSE(one.webrtc.announceLocal);
    const Settings several = valid(load(
        "webrtc: {announce: [203.0.113.7, gw.example.org, gw.example.org:30189, '[2001:db8::7]:30189'],\n"
        "         announce_local: true}",
        "f"));
    CHECK(several.webrtc.announce == Places{{"203.0.113.7", {}},
                                            {"gw.example.org", {}},
                                            {"gw.example.org", 30189},
                                            {"2001:db8::7", 30189}});
    CHECK(several.webrtc.announceLocal);
    CHECK_FALSE(valid(load("webrtc: {announce_local: false}", "f")).webrtc.announceLocal);
    CHECK(valid(load("", "f", {"webrtc.announce=gw.example.org:30189"})).webrtc.announce ==
          Places{{"gw.example.org", 30189}});
}

TEST_CASE("viewers are served unless the list is empty") {
    CHECK(valid(load("", "f")).webrtc.listen == std::vector{ListenAddress::parse("0.0.0.0:8189")});
    CHECK(valid(load("webrtc: {listen: []}", "f")).webrtc.listen.empty());
    CHECK(valid(load("", "f", {"webrtc.listen=[]"})).webrtc.listen.empty());
}

TEST_CASE("ICE servers are read, those that share a login too") {
    const Variable password("SPILLWAY_TEST_TURN", "hunter2");
    const Settings settings = valid(load("webrtc:\n"
                                         "  ice_servers:\n"
                                         "  - urls: stun:a.example\n"
                                         "  - urls: ['turn:b.example?transport=udp', 'turns:b.example']\n"
                                         "    username: me\n"
                                         "    password: {env: SPILLWAY_TEST_TURN}\n",
                                         "f"));
    const auto& servers = settings.webrtc.iceServers;
    REQUIRE(servers.size() == 3);
    CHECK(servers[0].url == "stun:a.example");
    CHECK_FALSE(servers[0].password);
    CHECK(servers[1].url == "turn:b.example?transport=udp");
    CHECK(servers[2].url == "turns:b.example");
    CHECK(servers[2].username == "me");
    REQUIRE(servers[2].password);
    CHECK(servers[2].password->reveal() == "hunter2");
}

TEST_CASE("limits, metrics, log and timeout are read") {
    const Settings settings =
        valid(load("limits: {queue_memory: 1GiB, subscribers: 5, calls: 6, tracks_per_call: 7}\n"
                   "metrics: {max_series: 8}\n"
                   "shutdown_timeout: 1500ms\n"
                   "log: {level: warn, format: json}\n",
                   "f"));
    CHECK(settings.limits.queueMemory == 1U << 30U);
    CHECK(settings.limits.subscribers == 5);
    CHECK(settings.limits.calls == 6);
    CHECK(settings.limits.tracksPerCall == 7);
    CHECK(settings.metrics.maxSeries == 8);
    CHECK(settings.shutdownTimeout == 1500ms);
    CHECK(settings.log.level == LogLevel::warn);
    CHECK(settings.log.format == LogFormat::json);
}

TEST_CASE("calls are read") {
    const Settings settings =
        valid(load("calls:\n"
                   "- name: studio\n"
                   "  join: {type: whip}\n"
                   "  video: {codecs: [h264, vp8]}\n"
                   "  media_timeout: 5s\n"
                   "  jitter: 0\n"
                   "- name: 42\n"
                   "  join: {type: test, participants: 2, width: 320, height: 240, fps: 10, "
                   "churn: 30s}\n",
                   "f"));
    REQUIRE(settings.calls.size() == 2);
    CHECK(settings.calls[0].name == "studio");
    CHECK(std::holds_alternative<WhipJoin>(settings.calls[0].join));
    CHECK(settings.calls[0].videoCodecs == std::vector{Codec::h264, Codec::vp8});
    CHECK(settings.calls[0].mediaTimeout == 5s);
    CHECK(settings.calls[0].jitter == 0ms);
    CHECK(settings.calls[1].name == "42");
    const auto& test = std::get<TestJoin>(settings.calls[1].join);
    CHECK(test.participants == 2);
    CHECK(test.width == 320);
    CHECK(test.height == 240);
    CHECK(test.fps == 10);
    CHECK(test.churn == 30s);
    CHECK(settings.calls[1].mediaTimeout == 15s);
}

TEST_CASE("a call whose publishers rest is read") {
    const auto call = valid(
        loadCall(R"({"name": "a", "join": {"type": "whip"}, "unwatched": "rest", "rest_bitrate": "150kbps"})",
                 "body"));
    CHECK(call.unwatched == Unwatched::rest);
    CHECK(call.restBitrate == 150'000);
}

TEST_CASE("calls that are joined as a guest are read") {
    const TemporaryFolder folder;
    const std::string secret = "{file: " + folder.write("secret", "hidden\n") + "}";
    const Settings settings = valid(load("calls:\n"
                                         "- name: standup\n"
                                         "  join: {type: janus, url: 'wss://j.example/x', room: 1234, pin: " +
                                             secret + ", token: " + secret + ", apisecret: " + secret +
                                             ", display: R2 D2}\n"
                                             "  unwatched: pause\n"
                                             "  linger: 2s\n"
                                             "- name: gate\n"
                                             "  join: {type: whep, url: 'http://[::1]:80/whep?a=b', token: " +
                                             secret + ", participant: door}\n",
                                         "f"));
    REQUIRE(settings.calls.size() == 2);
    const auto& janus = std::get<JanusJoin>(settings.calls[0].join);
    const Secret hidden("hidden");
    CHECK(janus == JanusJoin{"wss://j.example/x", "1234", hidden, hidden, hidden, "R2 D2"});
    CHECK(settings.calls[0].unwatched == Unwatched::pause);
    CHECK(settings.calls[0].linger == 2s);
    const auto& whep = std::get<WhepJoin>(settings.calls[1].join);
    CHECK(whep == WhepJoin{"http://[::1]:80/whep?a=b", hidden, "door"});
    CHECK(settings.calls[1].unwatched == Unwatched::drain);
}

TEST_CASE("settings are equal until one of them changes") {
    const std::string text = "calls: [{name: a, join: {type: janus, url: 'ws://a', room: r}}]";
    const Settings settings = valid(load(text, "f"));
    CHECK(valid(load(text, "f")) == settings);
    CHECK_FALSE(valid(load(text, "f", {"calls.0.join.room=s"})) == settings);
    CHECK_FALSE(valid(load(text, "f", {"calls.0.linger=1s"})) == settings);
    CHECK_FALSE(valid(load(text, "f", {"log.level=debug"})) == settings);
}

TEST_CASE("one call is read from YAML and from JSON") {
    CHECK(valid(loadCall("name: a\njoin: {type: test, fps: 5}\n", "body")) ==
          CallSettings{"a", TestJoin{3, 640, 360, 5}});
    CHECK(valid(loadCall(R"({"name": "a", "join": {"type": "whip"}, "jitter": "0"})", "body")).jitter == 0ms);
    CHECK(
        problemLines(loadCall(R"({"name": "a", "join": {"type": "whip"}, "unwatched": "pause"})", "body")) ==
        Lines{
            "body:1:54: unwatched: a call of type whip cannot pause its tracks; allowed: drain, rest (pause "
            "only with janus)"});
    CHECK(problemLines(loadCall("", "body")) ==
          Lines{"body: name: this key is missing", "body: join: this key is missing"});
}

TEST_CASE("subscriptions are read") {
    const Settings settings =
        valid(load("subscriptions:\n"
                   "- name: archive\n"
                   "  tracks: 'standup/*/*'\n"
                   "  output: {type: record, directory: /a, container: matroska, files: track, segment: 1m, "
                   "keep: 7d, max_bytes: 50GiB}\n"
                   "  queue: {buffers: 10, bytes: 32MiB, time: 5s, policy: disconnect}\n"
                   "- name: out\n"
                   "  output: {type: rtp, host: '::1', port: 5004, sdp: /b, max_tracks: 3}\n",
                   "f"));
    REQUIRE(settings.subscriptions.size() == 2);
    const auto& archive = settings.subscriptions[0];
    CHECK(archive.tracks.text() == "standup/*/*");
    const auto& record = std::get<RecordOutput>(archive.output);
    CHECK(record.directory == "/a");
    CHECK(record.files == RecordFiles::track);
    CHECK(record.segment == 1min);
    CHECK(record.keep == 168h);
    CHECK(record.maxBytes == 50ULL << 30U);
    CHECK(archive.queue.buffers == 10);
    CHECK(archive.queue.bytes == 32U << 20U);
    CHECK(archive.queue.time == 5s);
    CHECK(archive.queue.policy == QueuePolicy::disconnect);
    const auto& out = settings.subscriptions[1];
    CHECK(out.tracks.text() == "*/*/*");
    const auto& rtp = std::get<RtpOutput>(out.output);
    CHECK(rtp.host == "::1");
    CHECK(rtp.port == 5004);
    CHECK(rtp.sdp == "/b");
    CHECK(rtp.maxTracks == 3);
    CHECK_FALSE(out.queue.buffers);
    CHECK_FALSE(out.queue.policy);
}

TEST_CASE("an alias repeats what its anchor names") {
    const Settings settings = valid(load("calls:\n"
                                         "- {name: a, join: &join {type: test, fps: 5}}\n"
                                         "- {name: b, join: *join}\n",
                                         "f"));
    CHECK(std::get<TestJoin>(settings.calls.at(1).join).fps == 5);
}

TEST_CASE("a file is read from its path") {
    const TemporaryFolder folder;
    const std::string file = folder.write("s.yaml", "log: {level: debug}\n");
    CHECK(valid(loadFile(file)).log.level == LogLevel::debug);
    CHECK(valid(loadFile(file, {"log.level=error"})).log.level == LogLevel::error);
}

TEST_CASE("one subscription is read from YAML and from JSON") {
    const auto yaml =
        valid(loadSubscription("name: a\noutput: {type: rtp, host: h.example, port: 5004}\n", "body"));
    CHECK(yaml.name == "a");
    const auto json = valid(loadSubscription("{\n\t\"name\": \"a\\u0062\",\"tracks\":\"x\\/*\\/y\",\n"
                                             "\t\"output\":{\"type\":\"record\",\"directory\":\"/a\"},\n"
                                             "\t\"queue\": {\"bytes\": 65536, \"buffers\": 7}\n}\n",
                                             "body", {{"/a"}, {}}));
    CHECK(json.name == "ab");
    CHECK(json.tracks.text() == "x/*/y");
    CHECK(json.queue.bytes == 65536);
    CHECK(json.queue.buffers == 7);
}

TEST_CASE("a subscription of its own meets the same rules as one in the list") {
    CHECK(problemLines(loadSubscription("{\"name\": \"a\", \"output\": {\"type\": \"recrod\"}, \"quue\": 1}",
                                        "body")) ==
          Lines{"body:1:34: output.type: unknown value \"recrod\"; allowed: " +
                    joined(typeWords<OutputSettings>()) + "; did you mean \"record\"?",
                "body:1:45: quue: unknown key; allowed: name, tracks, output, queue; did you mean "
                "\"queue\"?"});
    CHECK(
        problemLines(loadSubscription("{name: a, output: {type: record, directory: /srv/a}}", "body")) ==
        Lines{"body:1:45: output.directory: \"/srv/a\" is not below a directory of http.api.directories, and "
              "nothing else may be written by what is posted"});
    CHECK(problemLines(loadSubscription("", "body")) ==
          Lines{"body: name: this key is missing", "body: output: this key is missing"});
    CHECK(problemLines(loadSubscription("[]", "body")) ==
          Lines{"body:1:1: must be a mapping, not a list; its keys are name, tracks, output, queue"});
    CHECK(problemLines(loadSubscription("{\"name\"", "body")).size() == 1);
    CHECK(problemLines(loadSubscription(std::string(64 * 1024 + 1, ' '), "body")) ==
          Lines{"body: the text is too large; the limit is 64KiB"});
}
