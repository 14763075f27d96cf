// Mistakes that were valid to the letter: each is told with what to write instead.
#include "loading.h"

using namespace spillway::config;
using Catch::Contains;

namespace {

std::string rtp(const std::string& name, const std::string& keys) {
    return "- {name: " + name + ", output: {type: rtp, " + keys + "}}\n";
}

std::string recordInto(const std::string& directory) {
    return "subscriptions: [{name: a, output: {type: record, directory: " + directory + "}}]";
}

} // namespace

TEST_CASE("two rtp subscriptions may not send to the same ports of a host") {
    const std::string first = "subscriptions:\n" + rtp("a", "host: 127.0.0.1, port: 15004, max_tracks: 4");
    CHECK_THAT(problemOf(first + rtp("b", "host: 127.0.0.1, port: 15006, max_tracks: 4")),
               Contains("f:3") && Contains("subscriptions[1].output.port") && Contains("15006 to 15013") &&
                   Contains("subscription a sends to 15004 to 15011") && Contains("from 15012 on"));
    for (const char* port : {"14990", "15004", "15011"})
        CHECK(problemsOf(first + rtp("b", std::string("host: 127.0.0.1, max_tracks: 8, port: ") + port))
                  .size() == 1);
    CHECK(problemsOf(first + rtp("b", "host: 127.0.0.1, port: 15012")).empty());
    CHECK(problemsOf(first + rtp("b", "host: 127.0.0.1, port: 15002, max_tracks: 1")).empty());
    CHECK(problemsOf(first + rtp("b", "host: 127.0.0.2, port: 15004")).empty());
    CHECK(problemsOf("subscriptions:\n" + rtp("a", "host: sink.example, port: 5004") +
                     rtp("b", "host: Sink.example, port: 5006"))
              .size() == 1);
}

TEST_CASE("two rtp subscriptions may not write the same session description") {
    const auto with = [](const std::string& sdp) {
        return "subscriptions:\n" + rtp("a", "host: 127.0.0.1, port: 5004, sdp: out/x.sdp") +
               rtp("b", "host: 127.0.0.2, port: 5004, sdp: " + sdp);
    };
    CHECK_THAT(problemOf(with("out/./x.sdp")),
               Contains("subscriptions[1].output.sdp") && Contains("subscription a"));
    CHECK(problemsOf(with("out/y.sdp")).empty());
}

TEST_CASE("two roles may not have the same token, which no message repeats") {
    const Variable a("SPILLWAY_TEST_A", "hunter2");
    const Variable b("SPILLWAY_TEST_B", "hunter3");
    const auto problem =
        problemOf("http: {tokens: {admin: {env: SPILLWAY_TEST_A}, view: {env: SPILLWAY_TEST_A}}}");
    CHECK_THAT(problem, Contains("http.tokens.view") && Contains("that of admin") && !Contains("hunter2"));
    CHECK_THAT(problemOf("http: {tokens: {publish: {env: SPILLWAY_TEST_A}, view: {env: SPILLWAY_TEST_A}}}"),
               Contains("that of publish"));
    CHECK(
        problemsOf("http: {tokens: {admin: {env: SPILLWAY_TEST_A}, view: {env: SPILLWAY_TEST_B}}}").empty());
}

TEST_CASE("a token that no request can carry is a problem") {
    const auto problemWith = [](const std::string& key, const std::string& token) {
        const TemporaryFolder folder;
        return problemOf(key + "{file: " + folder.write("token", token) + "}" +
                         std::string(key.size() > 30 ? "}}]" : "}}"));
    };
    for (const std::string key :
         {"http: {tokens: {admin: ", "calls: [{name: a, join: {type: whep, url: \"http://h/\", token: "}) {
        CHECK_THAT(problemWith(key, " hunter2\n"), Contains("blanks around it") && !Contains("hunter2"));
        CHECK_THAT(problemWith(key, "hunter2\t\n"), Contains("one line of text") && !Contains("hunter2"));
        CHECK_THAT(problemWith(key, "hunter2 \r\n"), Contains("blanks around it"));
        CHECK_THAT(problemWith(key, "\xef\xbb\xbfhunter2\n"),
                   Contains("byte order mark") && !Contains("hunter2"));
    }
}

TEST_CASE("a path that only a shell understands is told with one that is whole") {
    const Variable home("HOME", "/home/alice");
    CHECK_THAT(problemOf(recordInto("~/rec")),
               Contains("subscriptions[0].output.directory") && Contains("\"/home/alice/rec\""));
    CHECK_THAT(problemOf(recordInto("$HOME/rec")), Contains("only a shell"));
    CHECK_THAT(
        problemOf("subscriptions: [{name: a, output: {type: rtp, host: h, port: 5004, sdp: ~/x.sdp}}]"),
        Contains("output.sdp"));
    CHECK_THAT(problemOf("http: {tokens: {admin: {file: ~/token}}}"), Contains("/home/alice/token"));
    CHECK(problemsOf("http: {tls: {certificate: ~/cert.pem, key: ~/key.pem}}").size() == 2);
    CHECK(problemsOf(recordInto("rec/~/x")).empty());
}

TEST_CASE("what YAML takes for a sign of its own is told to be put in quotes") {
    CHECK_THAT(problemOf("subscriptions:\n- name: a\n  tracks: */*/video\n"),
               Contains("f:3") && Contains("begins with * must be in quotes"));
    CHECK_THAT(problemOf("http: {cors: [*]}"), Contains("begins with * must be in quotes"));
    CHECK_THAT(problemOf("http:\n  cors: *\n"), Contains("begins with * must be in quotes"));
    CHECK_THAT(problemOf("calls:\n- name: @studio\n"), Contains("begins with @ must be in quotes"));
    CHECK_THAT(problemOf("calls:\n- name: *hunter2\n"), !Contains("hunter2"));
}

TEST_CASE("a merge key is told to be written out") {
    const std::string calls = "calls:\n- name: a\n  join: &c {type: test}\n- name: b\n  join: {";
    CHECK_THAT(problemOf(calls + "<<: *c, participants: 2}\n"),
               Contains("f:5") && Contains("merge keys (<<)"));
    CHECK_THAT(problemOf(calls + "\"<<\": 1, type: test}\n"), Contains("unknown key"));
    CHECK(problemsOf("calls:\n- name: a\n  join: &c {type: test}\n- name: b\n  join: *c\n").empty());
}
