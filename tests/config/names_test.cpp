#include "config/glob.h"
#include "config/name.h"
#include "config/quote.h"
#include "config/secret.h"
#include "config/settings.h"
#include "support/catch.h"

#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace spillway::config;

TEST_CASE("a name is 1 to 64 of a few ASCII characters") {
    CHECK(isName("a"));
    CHECK(isName("A-z_0.9"));
    CHECK(isName("..."));
    CHECK(isName(std::string(64, 'x')));
    CHECK_FALSE(isName(""));
    CHECK_FALSE(isName("."));
    CHECK_FALSE(isName(".."));
    CHECK_FALSE(isName("a/b"));
    CHECK_FALSE(isName("a b"));
    CHECK_FALSE(isName("\xc3\xa4"));
    CHECK_FALSE(isName(std::string("a\0b", 3)));
    CHECK_FALSE(isName(std::string(65, 'x')));
}

TEST_CASE("anything becomes a name") {
    CHECK(toName("alice") == "alice");
    CHECK(toName("Alice Smith") == "Alice_Smith--27c31078");
    CHECK(toName("../etc").starts_with(".._etc--"));
    CHECK(toName("") == "participant");
    CHECK(isName(toName(".")));
    CHECK(isName(toName("..")));
    for (int byte = 0; byte < 256; ++byte)
        CHECK(isName(toName(std::string(100, static_cast<char>(byte)))));
}

TEST_CASE("texts that differ never make one name") {
    const std::string wang = "\xE7\x8E\x8B\xE4\xBC\x9F";
    const std::string li = "\xE6\x9D\x8E\xE5\xA8\x9C";
    const std::string head(64, 'x');
    const std::vector<std::string> texts{wang,  li,   "______",     "a b",         "a_b",
                                         "a/b", head, head + "y",   head + "z",    ".",
                                         "..",  "",   toName(wang), toName("a b"), toName(toName(wang))};
    std::set<std::string> names;
    for (const auto& text : texts) {
        CHECK(isName(toName(text)));
        CHECK(toName(text) == toName(text));
        names.insert(toName(text));
    }
    CHECK(names.size() == texts.size());
    CHECK(toName("esp32-a1b2c3d4") == "esp32-a1b2c3d4");
}

TEST_CASE("what is shown of a text is one line, whole characters and not much") {
    CHECK(toDisplay("\xE7\x8E\x8B") == "\xE7\x8E\x8B");
    CHECK(toDisplay("a\nb") == "a b");
    const std::string most(254, 'x');
    CHECK(toDisplay(most + "\xE7\x8E\x8B") == most);
    CHECK(toDisplay(std::string(100'000, 'x')).size() == 256);
}

TEST_CASE("a star in a pattern stands for anything within its part") {
    const auto glob = TrackGlob::parse("standup/*/camera");
    CHECK(glob.text() == "standup/*/camera");
    CHECK(glob.matches("standup", "alice", "camera"));
    CHECK_FALSE(glob.matches("standup", "alice", "camera-2"));
    CHECK_FALSE(glob.matches("standup2", "alice", "camera"));
    CHECK(TrackGlob::parse("*/*/*").matches("a", "b", "c"));
    const auto pieces = TrackGlob::parse("a*b*c/x/y");
    CHECK(pieces.matches("abc", "x", "y"));
    CHECK(pieces.matches("a-b-b-c", "x", "y"));
    CHECK_FALSE(pieces.matches("acb", "x", "y"));
    CHECK_FALSE(pieces.matches("abcd", "x", "y"));
}

TEST_CASE("a pattern of many stars is matched in short time") {
    const std::string pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
    const auto glob = TrackGlob::parse(pattern + "/x/y");
    CHECK_FALSE(glob.matches(std::string(64, 'a'), "x", "y"));
}

TEST_CASE("a pattern that no track can match is refused") {
    const auto text =
        GENERATE(as<std::string>(), "", "*", "a/b", "a/b/c/d", "a//c", "/b/c", "a/b/", "a/**/c", "a/b c/d",
                 "./b/c", "a/../c", "a/[bc]/d", "a/?/d", std::string(65, 'x') + "/b/c");
    CAPTURE(text);
    CHECK_THROWS_AS(TrackGlob::parse(text), std::invalid_argument);
}

TEST_CASE("a secret matches itself alone") {
    const Secret secret("hunter2");
    CHECK(secret.reveal() == "hunter2");
    CHECK(secret.matches("hunter2"));
    CHECK_FALSE(secret.matches(""));
    CHECK_FALSE(secret.matches("hunter"));
    CHECK_FALSE(secret.matches("hunter3"));
    CHECK_FALSE(secret.matches("hunter22"));
    CHECK_FALSE(secret.matches("hunter2hunter2"));
    CHECK_FALSE(Secret("").matches(""));
}

namespace {
template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};
} // namespace

TEST_CASE("a secret cannot be printed by accident") {
    STATIC_REQUIRE(Printable<std::string>);
    STATIC_REQUIRE_FALSE(Printable<Secret>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Secret, std::string_view>);
}

TEST_CASE("a quote is short, on one line, and valid UTF-8") {
    CHECK(quote("a b") == "\"a b\"");
    CHECK(quote("a\n\x1b[31m") == "\"a\\x0a\\x1b[31m\"");
    CHECK(quote(std::string(65, 'x')) == "\"" + std::string(64, 'x') + "...\"");
    CHECK(quote(std::string(63, 'x') + "\xc3\xa4") == "\"" + std::string(63, 'x') + "...\"");
}

TEST_CASE("kinds are called as in the configuration") {
    CHECK(std::string(outputName(RecordOutput{})) == "record");
    CHECK(std::string(outputName(RtpOutput{})) == "rtp");
    CHECK(std::string(policyName(QueuePolicy::dropToKeyframe)) == "drop_to_keyframe");
    CHECK(std::string(policyName(QueuePolicy::dropOldest)) == "drop_oldest");
    CHECK(std::string(policyName(QueuePolicy::latest)) == "latest");
    CHECK(std::string(policyName(QueuePolicy::disconnect)) == "disconnect");
    CHECK(std::string(joinName(CallSettings{"a", WhipJoin{}})) == "whip");
    CHECK(std::string(joinName(CallSettings{"a", WhepJoin{}})) == "whep");
    CHECK(std::string(joinName(CallSettings{"a", JanusJoin{}})) == "janus");
    CHECK(std::string(joinName(CallSettings{"a", TestJoin{}})) == "test");
}
