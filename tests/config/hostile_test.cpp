// Text that means harm gets one clear problem, soon, and in little memory.
#include "loading.h"

#include <ctime>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace spillway::config;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double mostSeconds = 5;
#else
constexpr double mostSeconds = 1;
#endif
/// Of peak memory, for the whole test program: the tree's limit, the text, yaml-cpp's tokens, Catch2.
constexpr long mostKilobytes = 200L * 1024;

class Measured {
  public:
    ~Measured() {
        const double seconds = cpuSeconds() - start_;
        CHECK(seconds < mostSeconds);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        CHECK(usage.ru_maxrss < mostKilobytes);
#endif
    }

  private:
    /// Of this process, so that a busy machine does not count.
    static double cpuSeconds() {
        return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    }

    double start_ = cpuSeconds();
};

std::string repeated(const std::string& text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

std::string hostileProblem(const std::string& text) {
    const Measured measured;
    return problemOf(text);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string tooDeep = "lists and mappings are nested more than 32 deep";
const std::string tooMany = "too many values, or aliases that expand to too many";

} // namespace

TEST_CASE("deep nesting is refused") {
    CHECK(contains(hostileProblem(repeated("[", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("[", 500000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("{a: ", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("{", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("[a: ", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("- ", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("? ", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("[\n", 100000)), tooDeep));
    CHECK(contains(hostileProblem(repeated("[? ", 100000)), tooDeep));
    std::string block;
    for (std::size_t i = 0; i < 1000; ++i)
        block += std::string(i, ' ') + "a:\n";
    CHECK(contains(hostileProblem(block), tooDeep));
    std::string brackets;
    for (std::size_t i = 0; i < 1000; ++i)
        brackets += std::string(i, ' ') + "-\n";
    CHECK(contains(hostileProblem(brackets), tooDeep));
}

TEST_CASE("32 levels are not too deep") {
    CHECK_FALSE(contains(hostileProblem(repeated("[", 32) + repeated("]", 32)), tooDeep));
    CHECK(contains(hostileProblem(repeated("[", 33) + repeated("]", 33)), tooDeep));
}

TEST_CASE("aliases that expand without end are refused") {
    std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias +
                  repeated(", " + alias, 8) + "]\n";
    }
    CHECK(contains(hostileProblem(laughs), tooMany));
    CHECK(contains(
        hostileProblem("a: &a " + std::string(400000, 'x') + "\nb: [*a" + repeated(", *a", 20000) + "]\n"),
        tooMany));
    CHECK(contains(
        hostileProblem("a: &a [" + repeated("x, ", 1000) + "x]\nb: [*a" + repeated(", *a", 1000) + "]\n"),
        tooMany));
    std::string nested = "a0: &a0 []\n";
    for (int i = 1; i < 60; ++i)
        nested +=
            "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
    CHECK(contains(hostileProblem(nested), tooDeep));
    CHECK(contains(hostileProblem("a: &a [*a]\n"), "the alias is inside the value it names"));
}

TEST_CASE("a flood of values is refused") {
    CHECK(contains(hostileProblem("[" + repeated("a,", 250000) + "a]"), tooMany));
    CHECK(contains(hostileProblem(repeated("- \n", 170000)), tooMany));
    CHECK(contains(hostileProblem(repeated("&a ", 170000)), "f:1:"));
}

TEST_CASE("half a megabyte in one piece is answered in time") {
    const std::size_t almost = 500000;
    CHECK_FALSE(hostileProblem(std::string(almost, 'x')).empty());
    CHECK_FALSE(hostileProblem("log: {level: \"" + std::string(almost, 'x')).empty());
    CHECK_FALSE(hostileProblem("log: {level: '" + std::string(almost, '\'')).empty());
    CHECK_FALSE(hostileProblem(std::string(almost, 'k') + ": v").empty());
    CHECK_FALSE(hostileProblem("x: |\n" + repeated(" x\n", almost / 3)).empty());
    CHECK_FALSE(hostileProblem(repeated("--- a\n", almost / 6)).empty());
    CHECK_FALSE(hostileProblem("%TAG ! " + std::string(almost, 'x') + "\n--- a").empty());
    CHECK_FALSE(hostileProblem("*" + std::string(almost, 'x')).empty());
    CHECK_FALSE(hostileProblem("!<" + std::string(almost, 'x')).empty());
    CHECK_FALSE(hostileProblem(repeated("}", almost)).empty());
    CHECK_FALSE(hostileProblem(repeated(":", almost)).empty());
    CHECK_FALSE(hostileProblem(repeated("? a\n", almost / 4)).empty());
    CHECK_FALSE(hostileProblem("a: " + repeated("\"\n", almost / 2)).empty());
}

TEST_CASE("half a megabyte of blanks or comments is an empty document") {
    const Measured measured;
    CHECK(problemsOf(std::string(500000, ' ')).empty());
    CHECK(problemsOf(std::string(500000, '\n')).empty());
    CHECK(problemsOf(repeated("#\n", 250000)).empty());
}

TEST_CASE("of a flood of problems a hundred are listed and the rest is counted") {
    const Measured measured;
    std::string text;
    for (int i = 0; i < 20000; ++i)
        text += "key" + std::to_string(i) + ": 1\n";
    const Lines lines = problemsOf(text);
    REQUIRE(lines.size() == 101);
    CHECK(lines.back() == "f: and 19900 more problems");
}

TEST_CASE("a text of more than 512 KiB is refused") {
    CHECK(hostileProblem(std::string(512 * 1024 + 1, ' ')) ==
          "f: the text is too large; the limit is 512KiB");
}

TEST_CASE("a text with bytes that are no text is refused, at the byte") {
    CHECK(hostileProblem(std::string("log: {}\nab\0c", 12)) == "f:2:3: the text contains a NUL byte");
    CHECK(hostileProblem("log: {} # \x04\nx: y") == "f:1:11: the text contains a control character");
    CHECK(hostileProblem("\x1b[31m") == "f:1:1: the text contains a control character");
    CHECK(hostileProblem("x: \"\\0\"") == "f:1:4: the value contains a control character");
    const auto bad =
        GENERATE(as<std::string>(), "\xff", "\x80", "\xc0\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80",
                 "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe0\x80\x80", "\xc3\x28");
    CAPTURE(bad);
    CHECK(hostileProblem("\n # " + bad) == "f:2:4: the text is not UTF-8");
    CHECK(hostileProblem("\n # " + bad + "\n") == "f:2:4: the text is not UTF-8");
}

TEST_CASE("UTF-16 and UTF-32 are refused") {
    CHECK(hostileProblem(std::string("\xff\xfel\0o\0g\0", 8)) == "f:1:1: the text is not UTF-8");
    CHECK(hostileProblem(std::string("l\0o\0g\0", 6)) == "f:1:2: the text contains a NUL byte");
    CHECK(hostileProblem(std::string("\0\0\xfe\xff", 4)) == "f:1:1: the text contains a NUL byte");
}

TEST_CASE("all of UTF-8 is text") {
    CHECK(
        problemsOf("# \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbd \xf0\x90\x80\x80 "
                   "\xf4\x8f\xbf\xbf\n")
            .empty());
}

TEST_CASE("a second document is refused") {
    CHECK(hostileProblem("log: {}\n---\nlog: {}\n") ==
          "f:2:1: a second YAML document begins here; only one is allowed");
}

TEST_CASE("a path that is no readable file gives one problem") {
    const TemporaryFolder folder;
    const Measured measured;
    const auto only = [](const std::string& path) {
        const Lines lines = problemLines(loadFile(path));
        REQUIRE(lines.size() == 1);
        return lines.front();
    };
    const std::string path = folder.path().string();
    CHECK(only(path + "/none") == path + "/none: cannot read this file: No such file or directory");
    CHECK(only(path) == path + ": cannot read this file: it is a directory, not a file");
    const std::string pipe = path + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(only(pipe) == pipe + ": cannot read this file: it is not a regular file");
    CHECK(only("/dev/zero") == "/dev/zero: cannot read this file: it is not a regular file");
    const std::string large = folder.write("large", "");
    std::filesystem::resize_file(large, 100UL * 1024 * 1024);
    CHECK(only(large) == large + ": cannot read this file: it is too large; the limit is 512KiB");
}

TEST_CASE("a damaged configuration is answered, whatever the damage") {
    const std::string text =
        "http: {listen: [127.0.0.1:1]}\ncalls:\n- name: &a x\n  join: {type: test, fps: 5}\n"
        "subscriptions:\n- name: *a\n  output: {type: rtp, host: '::1', port: 5004}\n";
    static constexpr std::string_view damage = "[]{}:,-?&*!|>'\"%@# \t\n\\x\x04\xff";
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char byte : damage) {
            std::string damaged = text;
            damaged[at] = byte;
            const Measured measured; // each by itself
            for (const std::string& line : problemsOf(damaged))
                CHECK(line.front() == 'f');
        }
        CHECK_NOTHROW(load(text.substr(0, at), "f"));
    }
}
