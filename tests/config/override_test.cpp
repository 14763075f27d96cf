#include "loading.h"

using namespace spillway::config;
using namespace std::chrono_literals;

namespace {
constexpr const char* twoCalls = "calls:\n- {name: a, join: {type: whip}}\n- {name: b, join: {type: test}}\n";
}

TEST_CASE("an override replaces or adds a value") {
    const Settings settings = valid(load("log: {level: info}\n", "f",
                                         {"log.level=debug", "log.format=text", "limits.calls=7",
                                          "http.listen=[127.0.0.1:1, unix:/a]", "shutdown_timeout=3s"}));
    CHECK(settings.log.level == LogLevel::debug);
    CHECK(settings.log.format == LogFormat::text);
    CHECK(settings.limits.calls == 7);
    CHECK(settings.http.listen.size() == 2);
    CHECK(settings.shutdownTimeout == 3s);
}

TEST_CASE("an override reaches an element of a list in both spellings") {
    const auto* key = GENERATE("calls.1.media_timeout=5s", "calls[1].media_timeout=5s");
    const Settings settings = valid(load(twoCalls, "f", {key}));
    CHECK(settings.calls[0].mediaTimeout == 15s);
    CHECK(settings.calls[1].mediaTimeout == 5s);
}

TEST_CASE("a whole list can be set, and the last override wins") {
    const Settings settings =
        valid(load("", "f", {"calls=[{name: x, join: {type: test}}]", "calls.0.name=y", "calls.0.name=z"}));
    REQUIRE(settings.calls.size() == 1);
    CHECK(settings.calls[0].name == "z");
}

TEST_CASE("a value of an override may contain an equals sign") {
    const Settings settings =
        valid(load("", "f",
                   {"webrtc.ice_servers=[{urls: stun:a.example}]",
                    "subscriptions=[{name: a, output: {type: record, directory: /a=b}}]"}));
    CHECK(std::get<RecordOutput>(settings.subscriptions.at(0).output).directory == "/a=b");
}

TEST_CASE("a problem in an override names it") {
    CHECK(problemOf("", {"log.levle=debug"}) ==
          "--set log.levle: log.levle: unknown key; allowed: level, format; did you mean \"level\"?");
    CHECK(problemOf("", {"log.level=loud"}) ==
          "--set log.level: log.level: unknown value \"loud\"; allowed: trace, debug, info, warn, error");
    CHECK(problemOf("", {"log.level="}) == "--set log.level: log.level: must be a single value, not nothing");
    CHECK(problemOf("", {"log.level=[a"}).rfind("--set log.level: this is not valid YAML: ", 0) == 0);
    CHECK(problemOf("", {"log.level=a\n---\nb"}) ==
          "--set log.level: a second YAML document begins here; only one is allowed");
}

TEST_CASE("an override that leads nowhere is a problem") {
    CHECK(problemOf("", {"nothing"}) == "--set: must be KEY=VALUE, such as log.level=debug");
    CHECK(problemOf("", {"=x"}) ==
          "--set : a part of this key is empty; it is a dotted path such as log.level");
    CHECK(problemOf("", {"log..level=x"}) ==
          "--set log..level: a part of this key is empty; it is a dotted path such as log.level");
    CHECK(problemOf("shutdown_timeout: 5s", {"shutdown_timeout.x=1"}) ==
          "--set shutdown_timeout.x: shutdown_timeout: a single value has no keys");
    CHECK(problemOf(twoCalls, {"calls.2.name=c"}) ==
          "--set calls.2.name: calls: there is no such element; the list has 2, numbered from 0");
    CHECK(problemOf(twoCalls, {"calls.first.name=c"}) ==
          "--set calls.first.name: calls: this is a list; its elements are numbered from 0");
    CHECK(problemOf(twoCalls, {"calls.-1.name=c"}) ==
          "--set calls.-1.name: calls: this is a list; its elements are numbered from 0");
    std::string deep = "a";
    for (int i = 0; i < 1000; ++i)
        deep += ".a";
    CHECK(problemOf("", {deep + "=1"}).find("this key has too many parts") != std::string::npos);
}

TEST_CASE("problems of overrides come after those of the file") {
    CHECK(problemsOf("log: {level: loud}\n", {"limits.calls=0"}) ==
          Lines{"f:1:14: log.level: unknown value \"loud\"; allowed: trace, debug, info, warn, error",
                "--set limits.calls: limits.calls: 0 is out of range; allowed: 1 to 10000"});
}
