// Each kind of mistake with its exact place, path and words.
#include "loading.h"

#include <algorithm>

using namespace spillway::config;

TEST_CASE("an unknown key is answered with the allowed ones and the nearest") {
    CHECK(problemOf("http:\n  lisen: 127.0.0.1:1\n") ==
          "f:2:3: http.lisen: unknown key; allowed: listen, tls, tokens, signed_tokens, cors, "
          "trusted_proxies, api; "
          "did you mean "
          "\"listen\"?");
    CHECK(problemOf("sutdown_timeout: 1s") ==
          "f:1:1: sutdown_timeout: unknown key; allowed: http, webrtc, limits, metrics, "
          "shutdown_timeout, "
          "log, calls, subscriptions; did you mean \"shutdown_timeout\"?");
    CHECK(problemOf("log: {colour: 1}") == "f:1:7: log.colour: unknown key; allowed: level, format");
}

TEST_CASE("an unknown key or word that is near no other is answered with the allowed ones alone") {
    CHECK(problemOf("webrtc: {port: 8189}") == "f:1:10: webrtc.port: unknown key; allowed: listen, "
                                               "listen_tcp, announce, announce_local, publishers, "
                                               "port_range, ice_servers");
    CHECK(problemOf("calls: [{name: a, join: {type: pigeon}}]") ==
          "f:1:32: calls[0].join.type: unknown value \"pigeon\"; allowed: " +
              joined(typeWords<JoinSettings>()));
    CHECK(problemOf("subscriptions: [{name: a, output: {type: pigeon}}]") ==
          "f:1:42: subscriptions[0].output.type: unknown value \"pigeon\"; allowed: " +
              joined(typeWords<OutputSettings>()));
}

TEST_CASE("a range of ports has two ends, in order") {
    for (const char* text : {"5", "5-", "-5", "0-5", "6-5", "5-65536", "a-b", "5-6-7", "5 - 6"}) {
        INFO(text);
        CHECK(problemOf("webrtc: {port_range: '" + std::string(text) + "'}") ==
              "f:1:22: webrtc.port_range: \"" + std::string(text) +
                  "\" is not a range of ports; allowed: FIRST-LAST of 1 to 65535, such as 49152-50151");
    }
    CHECK(valid(load("webrtc: {port_range: 50000-50000}", "f")).webrtc.portRange == PortRange{50000, 50000});
}

TEST_CASE("publishers cannot come in by a port that is not there") {
    CHECK(problemOf("webrtc: {listen: [], publishers: lite}") ==
          "f:1:34: webrtc.publishers: is lite, which takes publishers by webrtc.listen, and that is empty; "
          "write full, or an address there");
    valid(load("webrtc: {listen: [], publishers: full}", "f"));
    valid(load("webrtc: {listen: []}", "f"));
    valid(load("webrtc: {listen: [], listen_tcp: '[::]:8189', publishers: lite}", "f"));
}

TEST_CASE("a key of another type of the same mapping is unknown") {
    CHECK(problemOf("calls: [{name: a, join: {type: whip, fps: 5}}]") ==
          "f:1:38: calls[0].join.fps: unknown key; allowed: type");
}

TEST_CASE("a key that appears twice is reported with its first place") {
    CHECK(problemOf("log: {level: info}\nlog: {level: debug}\n") ==
          "f:2:1: log: duplicate key, first on line 1");
    CHECK(problemOf("calls:\n- name: a\n  join: {type: whip}\n  name: b\n") ==
          "f:4:3: calls[0].name: duplicate key, first on line 2");
    CHECK(problemOf(
              "subscriptions: []\nsubscriptions:\n- {name: a, output: {type: record, directory: /a}}\n") ==
          "f:2:1: subscriptions: duplicate key, first on line 1");
}

TEST_CASE("a missing key is reported at its mapping") {
    CHECK(problemOf("calls:\n- join: {type: whip}\n") == "f:2:3: calls[0].name: this key is missing");
    CHECK(problemOf("calls:\n- name: a\n") == "f:2:3: calls[0].join: this key is missing");
    CHECK(problemOf("calls: [{name: a, join: {}}]") ==
          "f:1:25: calls[0].join.type: this key is missing; allowed: " + joined(typeWords<JoinSettings>()));
    CHECK(problemOf("subscriptions: [{name: a, output: {type: record}}]") ==
          "f:1:35: subscriptions[0].output.directory: this key is missing");
    CHECK(problemsOf("subscriptions: [{name: a, output: {type: rtp}}]") ==
          Lines{"f:1:35: subscriptions[0].output.host: this key is missing",
                "f:1:35: subscriptions[0].output.port: this key is missing"});
    CHECK(problemOf("webrtc: {ice_servers: [{username: a}]}") ==
          "f:1:24: webrtc.ice_servers[0].urls: this key is missing");
}

TEST_CASE("an element of a list must not be empty") {
    CHECK(problemOf("calls: [ , {name: a, join: {type: whip}}]") ==
          "f:1:10: calls[0]: this element is empty");
    CHECK(problemOf("subscriptions:\n-\n").find("subscriptions[0]: this element is empty") !=
          std::string::npos);
}

TEST_CASE("a value of the wrong kind is reported without its contents") {
    CHECK(problemOf("[1]") ==
          "f:1:1: must be a mapping, not a list; its keys are http, webrtc, limits, metrics, "
          "shutdown_timeout, log, calls, subscriptions");
    CHECK(problemOf("log: loud") ==
          "f:1:6: log: must be a mapping, not a single value; its keys are level, format");
    CHECK(problemOf("calls: {a: b}") == "f:1:8: calls: must be a list, not a mapping");
    CHECK(problemOf("calls: a") == "f:1:8: calls: must be a list, not a single value");
    CHECK(problemOf("calls: [a]") ==
          "f:1:9: calls[0]: must be a mapping, not a single value; its keys are name, join, "
          "video, media_timeout, jitter, unwatched, rest_bitrate, linger");
    CHECK(problemOf("shutdown_timeout: [1s]") ==
          "f:1:19: shutdown_timeout: must be a single value, not a list");
    CHECK(problemOf("shutdown_timeout:") == "f:1:1: shutdown_timeout: must be a single value, not nothing");
    CHECK(problemOf("shutdown_timeout: ''") == "f:1:19: shutdown_timeout: must not be empty");
    CHECK(problemOf("log: {level: {a: b}}") == "f:1:14: log.level: must be a single value, not a mapping");
    CHECK(problemOf("calls: [{name: a, join: whip}]") ==
          "f:1:25: calls[0].join: must be a mapping, not a single value; its keys are type");
}

namespace {

std::string problemOfJoin(const std::string& keys, const std::string& more = "") {
    return problemOf("calls: [{name: a" + more + ", join: {type: " + keys + "}}]");
}

} // namespace

TEST_CASE("the calls that are joined as a guest need their address") {
    CHECK(problemOfJoin("whep") == "f:1:25: calls[0].join.url: this key is missing");
    CHECK(problemOfJoin("janus, room: 1") == "f:1:25: calls[0].join.url: this key is missing");
    CHECK(problemOfJoin("janus, url: 'ws://a'") == "f:1:25: calls[0].join.room: this key is missing");
    CHECK(
        problemOfJoin("whep, url: 'ws://a/b'") ==
        "f:1:43: calls[0].join.url: \"ws://a/b\" is not the URL of an HTTP resource: it does not begin with "
        "https:// or http://; allowed: https://HOST and http://HOST, both also with :PORT, /PATH and "
        "?QUERY");
    CHECK(problemOfJoin("janus, room: 1, url: 'https://a'") ==
          "f:1:53: calls[0].join.url: \"https://a\" is not the URL of a WebSocket: it does not begin with "
          "wss:// or ws://; allowed: wss://HOST and ws://HOST, both also with :PORT, /PATH and ?QUERY");
    CHECK(problemOfJoin("whep, url: 'http://a', participant: 'a/b'").find("is not a name") !=
          std::string::npos);
    CHECK(problemOfJoin("whep, url: 'http://a', room: 1") ==
          "f:1:55: calls[0].join.room: unknown key; allowed: type, url, token, participant");
}

TEST_CASE("a room is a number that Janus can read, or a name") {
    const std::string end = " is not a room; allowed: a number from 1 to 9223372036854775807, or 1 to 64 of "
                            "A-Z a-z 0-9 . _ -";
    for (const auto* room : {"0", "007", "9223372036854775808", "a b", "a/b", ".."}) {
        CAPTURE(room);
        CHECK(problemOfJoin("janus, url: 'ws://a', room: " + std::string(room)) ==
              "f:1:60: calls[0].join.room: \"" + std::string(room) + "\"" + end);
    }
}

TEST_CASE("a secret of a join is named by its source and never repeated") {
    const std::string text = problemOfJoin("janus, url: 'ws://a', room: 1, pin: hunter2");
    CHECK(text.find("f:1:68: calls[0].join.pin: ") == 0);
    CHECK(text.find("hunter2") == std::string::npos);
    const std::string url = problemOfJoin("whep, url: 'https://user:hunter2@a/'");
    CHECK(url.find("this is not the URL of an HTTP resource: it must not contain a user or password") !=
          std::string::npos);
    CHECK(url.find("hunter2") == std::string::npos);
}

TEST_CASE("only a call that publishers join may let them rest, and within bounds") {
    for (const std::string join : {"test", "whep, url: 'http://a'", "janus, room: 1, url: 'ws://a'"}) {
        const std::string type = join.substr(0, join.find(','));
        CHECK(problemOfJoin(join, ", unwatched: rest") ==
              "f:1:30: calls[0].unwatched: a call of type " + type +
                  " cannot let its publishers rest; allowed: " +
                  (type == "janus" ? "drain, pause" : "drain") + " (rest only with whip)");
    }
    CHECK(problemsOf("calls: [{name: a, unwatched: rest, join: {type: whip}}]").empty());
    CHECK(problemOfJoin("whip", ", rest_bitrate: 10kbps") ==
          "f:1:33: calls[0].rest_bitrate: 10kbps is out of range; allowed: 30kbps to 100Mbps");
    CHECK(
        problemOfJoin("whip", ", rest_bitrate: 100k")
            .find("unknown unit \"k\"; allowed: a whole number and one of bps, kbps, Mbps, such as 100kbps, "
                  "2Mbps; did you mean \"100kbps\"?") != std::string::npos);
}

TEST_CASE("only a call that can pause its tracks may be told to") {
    for (const std::string join : {"whip", "test", "whep, url: 'http://a'"}) {
        const std::string type = join.substr(0, 4);
        CHECK(problemOfJoin(join, ", unwatched: pause") ==
              "f:1:30: calls[0].unwatched: a call of type " + type + " cannot pause its tracks; allowed: " +
                  (type == "whip" ? "drain, rest" : "drain") + " (pause only with janus)");
    }
    CHECK(problemsOf("calls: [{name: a, unwatched: pause, join: {type: jnaus}}]").size() == 1);
    CHECK(problemsOf("calls: [{name: a, unwatched: pause}]").size() == 1);
    CHECK(problemOfJoin("whip", ", unwatched: paus") ==
          "f:1:30: calls[0].unwatched: unknown value \"paus\"; allowed: drain, pause, rest; did you mean "
          "\"pause\"?");
    CHECK(problemOfJoin("whip", ", linger: 1ms") ==
          "f:1:27: calls[0].linger: 1ms is out of range; allowed: 100ms to 1d, or 0");
}

TEST_CASE("a number must be whole, plain and in range") {
    const std::string allowed = "allowed: 1 to 10000";
    CHECK(problemOf("limits: {calls: many}") ==
          "f:1:17: limits.calls: \"many\" is not a whole number; " + allowed);
    CHECK(problemOf("limits: {calls: '5'}") ==
          "f:1:17: limits.calls: \"5\" is not a whole number: it is in quotes; " + allowed);
    CHECK(problemOf("limits: {calls: 0}") == "f:1:17: limits.calls: 0 is out of range; " + allowed);
    CHECK(problemOf("limits: {calls: 10001}") == "f:1:17: limits.calls: 10001 is out of range; " + allowed);
    for (const auto* text : {"-1", "1.5", "0x10", "1e3", "1_000", "99999999999999999999", "true"}) {
        CAPTURE(text);
        CHECK(problemOf("limits: {calls: " + std::string(text) + "}") ==
              "f:1:17: limits.calls: \"" + std::string(text) + "\" is not a whole number; " + allowed);
    }
}

TEST_CASE("durations and sizes must have a known unit and be in range") {
    CHECK(problemOf("shutdown_timeout: 10") == "f:1:19: shutdown_timeout: \"10\" is not a duration: the unit "
                                               "is missing; allowed: a whole number and one "
                                               "of ms, s, m, h, d, such as 500ms, 10s, 5m, 1h, 7d");
    CHECK(problemOf("shutdown_timeout: 1h") ==
          "f:1:19: shutdown_timeout: 1h is out of range; allowed: 100ms to 10m");
    CHECK(problemOf("calls: [{name: a, join: {type: test, churn: 5ms}}]") ==
          "f:1:45: calls[0].join.churn: 5ms is out of range; allowed: 100ms to 1d, or 0");
    CHECK(problemOf("limits: {queue_memory: 1KiB}") ==
          "f:1:24: limits.queue_memory: 1KiB is out of range; allowed: 1MiB to 1TiB");
    CHECK(problemOf("limits: {queue_memory: 256MB}") ==
          "f:1:24: limits.queue_memory: \"256MB\" is not a size: unknown unit \"MB\"; allowed: a "
          "whole "
          "number and one of B, KiB, MiB, GiB, TiB, such as 64KiB, 512MiB, 50GiB; did you mean \"256MiB\"?");
}

TEST_CASE("a word that is not known is answered with the allowed ones and the nearest") {
    CHECK(problemOf("log: {level: wran}") == "f:1:14: log.level: unknown value \"wran\"; allowed: trace, "
                                             "debug, info, warn, error; did you mean "
                                             "\"warn\"?");
    CHECK(problemOf("log: {format: JSON}") == "f:1:15: log.format: unknown value \"JSON\"; allowed: "
                                              "auto, text, json, journal; did you mean \"json\"?");
    CHECK(problemOf("log: {format: xml}") ==
          "f:1:15: log.format: unknown value \"xml\"; allowed: auto, text, json, journal");
}

TEST_CASE("names must be names and stand once") {
    CHECK(problemOf("calls: [{name: a/b, join: {type: whip}}]") ==
          "f:1:16: calls[0].name: \"a/b\" is not a name; allowed: 1 to 64 of A-Z a-z 0-9 . _ - (but not . "
          "or .. "
          "alone)");
    CHECK(problemOf("calls:\n- {name: a, join: {type: whip}}\n- {name: b, join: {type: whip}}\n"
                    "- {name: a, join: {type: whip}}\n") ==
          "f:4:10: calls[2].name: duplicate name, first on line 2");
    CHECK(problemOf("subscriptions:\n- &s {name: a, output: {type: record, directory: /a}}\n- *s\n") ==
          "f:2:13: subscriptions[1].name: duplicate name, first on line 2");
}

TEST_CASE("patterns, hosts, URLs and addresses are checked") {
    CHECK(problemOf("subscriptions: [{name: a, tracks: a/b, output: {type: record, directory: /a}}]") ==
          "f:1:35: subscriptions[0].tracks: \"a/b\" is not a track pattern: it has 2 parts between slashes, "
          "not 3; "
          "allowed: call/participant/source, each of A-Z a-z 0-9 . _ - and *, such as standup/*/camera");
    CHECK(problemOf("subscriptions: [{name: a, output: {type: rtp, host: 'a:1', port: 2}}]") ==
          "f:1:53: subscriptions[0].output.host: this is not a host; allowed: an IPv4 or IPv6 address "
          "(without "
          "brackets and port) or a DNS name");
    CHECK(problemOf("webrtc: {ice_servers: [{urls: ['stun:a.example', 'http:b']}]}") ==
          "f:1:50: webrtc.ice_servers[0].urls[1]: \"http:b\" is not a STUN or TURN URL: it does not begin "
          "with one of these schemes; "
          "allowed: stun:HOST:PORT, stuns:HOST:PORT, turn:HOST:PORT, turns:HOST:PORT, the last two also "
          "with "
          "?transport=udp or ?transport=tcp");
    CHECK(problemOf("webrtc: {ice_servers: [{urls: 'turn:a.example', username: a}]}") ==
          "f:1:24: webrtc.ice_servers[0]: a TURN server needs username and password, or the secret that it "
          "makes them of");
    CHECK(problemOf("http: {listen: 'localhost:1'}") ==
          "f:1:16: http.listen: \"localhost:1\" is not an address to listen on: the host is not numeric; "
          "allowed: "
          "127.0.0.1:8080, [::1]:8080, unix:/run/spillway/http.sock");
    CHECK(problemOf("http: {listen: ['127.0.0.1:1', '127.0.0.1:1']}") ==
          "f:1:32: http.listen[1]: duplicate address");
    CHECK(problemOf("http: {listen: []}") == "f:1:16: http.listen: must name at least one address");
    CHECK(problemOf("http: {cors: ['example.org']}") ==
          "f:1:15: http.cors[0]: \"example.org\" is not an origin: it does not begin with https:// or "
          "http://; allowed: "
          "https://HOST, http://HOST, both also with :PORT, and *");
}

TEST_CASE("where viewers are served, and what they are offered, is checked") {
    CHECK(problemOf("webrtc: {listen: 'unix:/run/a'}") ==
          "f:1:18: webrtc.listen: \"unix:/run/a\" is not an address to listen on: media needs a port; "
          "allowed: 0.0.0.0:8189, [::]:8189");
    CHECK(problemOf("webrtc: {listen: ['0.0.0.0:1', 'localhost:1']}") ==
          "f:1:32: webrtc.listen[1]: \"localhost:1\" is not an address to listen on: the host is not "
          "numeric; allowed: 0.0.0.0:8189, [::]:8189");
    CHECK(problemOf("webrtc: {listen: }") == "f:1:10: webrtc.listen: must be a single value, not nothing");
    CHECK(problemOf("webrtc: {listen: ['[::1]:1', '[::1]:1']}") ==
          "f:1:30: webrtc.listen[1]: duplicate address");
    const std::string allowed =
        "; allowed: 203.0.113.7, 2001:db8::7, gw.example.org, gw.example.org:30189, [2001:db8::7]:30189";
    CHECK(problemOf("webrtc: {announce: 'gate:port'}") ==
          "f:1:20: webrtc.announce: \"gate:port\" is not a reachable address: it is neither an address "
          "nor a name, alone or with a port" +
              allowed);
    CHECK(problemOf("webrtc: {listen_tcp: 8189}") ==
          "f:1:22: webrtc.listen_tcp: \"8189\" is not an address to listen on: it is not host:port; "
          "allowed: 0.0.0.0:8189, [::]:8189");
    CHECK(problemOf("webrtc: {announce: [203.0.113.7, 0.0.0.0]}") ==
          "f:1:34: webrtc.announce[1]: \"0.0.0.0\" is not a reachable address: nothing can be sent to it" +
              allowed);
    CHECK(problemOf("webrtc: {announce: 'gate.example.org:0'}") ==
          "f:1:20: webrtc.announce: \"gate.example.org:0\" is not a reachable address: nothing can be sent "
          "to port 0" +
              allowed);
    CHECK(problemOf("webrtc: {listen: '[::]:1', announce: ['2001:db8::7', '[2001:db8:0::7]']}") ==
          "f:1:54: webrtc.announce[1]: duplicate address");
    CHECK(problemOf("webrtc: {announce: [gate.example.org, Gate.example.org]}") ==
          "f:1:39: webrtc.announce[1]: duplicate address");
    CHECK(problemOf("webrtc: {announce_local: yes}") ==
          "f:1:26: webrtc.announce_local: unknown value \"yes\"; allowed: false, true");
}

TEST_CASE("an announced address needs a port of its own or one to take over") {
    CHECK(
        problemOf("webrtc: {announce: '2001:db8::7'}") ==
        "f:1:20: webrtc.announce: 2001:db8::7 has no port, and there is no IPv6 address in webrtc.listen to "
        "take one from");
    CHECK(problemOf("webrtc: {listen: '[::]:1', announce: [gw.example.org, 203.0.113.7]}") ==
          "f:1:38: webrtc.announce: 203.0.113.7 has no port, and there is no IPv4 address in webrtc.listen "
          "to take one from");
    CHECK_NOTHROW(valid(load("webrtc: {announce: '[2001:db8::7]:1'}", "f")));
    CHECK_NOTHROW(valid(load("webrtc: {listen: [], announce: '2001:db8::7'}", "f")));
}

TEST_CASE("lists with too much in them are refused") {
    std::string many = "'127.0.0.1:1'";
    for (int i = 2; i <= 17; ++i)
        many += ", '127.0.0.1:" + std::to_string(i) + "'";
    CHECK(problemOf("http: {listen: [" + many + "]}") ==
          "f:1:16: http.listen: has 17 elements; at most 16 are allowed");
}

TEST_CASE("codecs must be video codecs, at least one, each once") {
    const auto with = [](const std::string& codecs) {
        return problemOf("calls: [{name: a, join: {type: whip}, video: {codecs: " + codecs + "}}]");
    };
    CHECK(with("[]") == "f:1:55: calls[0].video.codecs: must name at least one codec");
    CHECK(with("[vp8, vp8]") == "f:1:61: calls[0].video.codecs[1]: duplicate codec");
    CHECK(with("opus") ==
          "f:1:55: calls[0].video.codecs: unknown value \"opus\"; allowed: vp8, vp9, h264, h265");
}

TEST_CASE("a certificate or key that cannot be read is a problem") {
    const TemporaryFolder folder;
    const std::string pem = folder.write("x.pem", "pem");
    CHECK(problemOf("http: {tls: {certificate: " + pem + "}}") ==
          "f:1:13: http.tls.key: this key is missing");
    CHECK(problemsOf("http:\n  tls:\n    certificate: /nonexistent\n    key: " + folder.path().string() +
                     "\n") ==
          Lines{"f:3:18: http.tls.certificate: cannot read the file /nonexistent: No such file or directory",
                "f:4:10: http.tls.key: cannot read the file " + folder.path().string() +
                    ": it is a directory, not a file"});
}

TEST_CASE("no bound of a queue may be zero") {
    const auto with = [](const std::string& queue) {
        return problemOf("subscriptions: [{name: a, output: {type: record, directory: /a}, queue: {" + queue +
                         "}}]");
    };
    CHECK(with("buffers: 0") ==
          "f:1:83: subscriptions[0].queue.buffers: 0 is out of range; allowed: 1 to 1000000");
    CHECK(with("bytes: 0") ==
          "f:1:81: subscriptions[0].queue.bytes: 0B is out of range; allowed: 1KiB to 1TiB");
    CHECK(with("time: 0") == "f:1:80: subscriptions[0].queue.time: 0s is out of range; allowed: 1ms to 1h");
}

TEST_CASE("queues that together exceed the budget are a problem, at the first that does") {
    const auto subscription = [](const std::string& name, const std::string& bytes) {
        return "- {name: " + name + ", output: {type: record, directory: /a}, queue: {bytes: " + bytes +
               "}}\n";
    };
    const std::string limit = "limits: {queue_memory: 10MiB}\nsubscriptions:\n";
    CHECK(problemsOf(limit + subscription("a", "5MiB") + subscription("b", "5MiB")).empty());
    CHECK(problemOf(limit + subscription("a", "5MiB") + subscription("b", "6MiB") +
                    subscription("c", "7MiB")) ==
          "f:4:67: subscriptions[1].queue.bytes: with this subscription the "
          "queues may hold 11MiB; limits.queue_memory allows "
          "10MiB");
}

TEST_CASE("more calls or subscriptions than the limits allow are a problem") {
    CHECK(
        problemOf(
            "limits: {calls: 1}\ncalls: [{name: a, join: {type: whip}}, {name: b, join: {type: whip}}]\n") ==
        "f:2:8: calls: has 2 elements; limits.calls allows 1");
    const std::string output = ", output: {type: record, directory: /a}}";
    CHECK(problemOf("limits: {subscribers: 1}\nsubscriptions: [{name: a" + output + ", {name: b" + output +
                    "]\n") == "f:2:16: subscriptions: has 2 elements; limits.subscribers allows 1");
}

TEST_CASE("the ports of all tracks must exist") {
    const auto with = [](const std::string& ports) {
        return "subscriptions: [{name: a, output: {type: rtp, host: '::1', " + ports + "}}]";
    };
    CHECK(problemsOf(with("port: 65533, max_tracks: 2")).empty());
    CHECK(problemOf(with("port: 65533, max_tracks: 3")) ==
          "f:1:35: subscriptions[0].output: 3 tracks from port 65533 on would need ports above 65535; at "
          "most 2 fit");
}

TEST_CASE("every problem is reported at once, in the order of the text") {
    const Lines lines = problemsOf("calls:\n"
                                   "- name: a b\n"
                                   "  join: {type: wip}\n"
                                   "  jiter: 1s\n"
                                   "log:\n"
                                   "  level: loud\n"
                                   "shutdown_timeout: 10sec\n");
    const Lines begins{"f:2:9: calls[0].name: ", "f:3:16: calls[0].join.type: ", "f:4:3: calls[0].jiter: ",
                       "f:6:10: log.level: ", "f:7:19: shutdown_timeout: "};
    CAPTURE(lines);
    REQUIRE(lines.size() == begins.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        CHECK(lines[i].rfind(begins[i], 0) == 0);
}

TEST_CASE("a text that is not YAML gives one problem at its place") {
    CHECK(problemOf("log: {level: info\ncalls: []\n").rfind("f:2:", 0) == 0);
    CHECK(problemOf("log:\n\tlevel: info\n") ==
          "f:2:7: this is not valid YAML: illegal map value; the line is "
          "indented with a tab; use spaces");
    CHECK(problemOf("log: {level: \"\\q\"}\n") == "f:1:17: this is not valid YAML: unknown escape character");
    CHECK(problemOf("? [a]\n: b\n") == "f:1:3: a key must be a plain word");
    CHECK(problemOf("log: !!map {}\n").find("YAML tags (!...) are not allowed") != std::string::npos);
    CHECK(problemOf("log: {level: *nothing}\n") == "f:1:14: this is not valid YAML: the referenced anchor is "
                                                   "not defined; a value that begins with * must "
                                                   "be in quotes, as in \"*/*/video\"");
}

TEST_CASE("what a message quotes has no control characters") {
    const std::string problem = problemOf("log:\n  level: \"in\\nfo\"\n");
    CHECK(problem.find('\n') == std::string::npos);
    CHECK(problem.find("\"in\\x0afo\"") != std::string::npos);
    CHECK(problemOf("log:\n  \"le\\nvel\": info\n").find('\n') == std::string::npos);
}

TEST_CASE("a problem without a place or key is written without them") {
    CHECK(Problem{"f", 3, 4, "a.b", "wrong"}.text() == "f:3:4: a.b: wrong");
    CHECK(Problem{"f", 3, 4, "", "wrong"}.text() == "f:3:4: wrong");
    CHECK(Problem{"f", 0, 0, "", "wrong"}.text() == "f: wrong");
}
