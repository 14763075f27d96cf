#include "config/bit_rate.h"
#include "config/byte_size.h"
#include "config/duration.h"
#include "support/catch.h"

#include <stdexcept>

using namespace spillway::config;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and a unit") {
    CHECK(parseDuration("500ms") == 500ms);
    CHECK(parseDuration("10s") == 10s);
    CHECK(parseDuration("5m") == 5min);
    CHECK(parseDuration("1h") == 1h);
    CHECK(parseDuration("7d") == 168h);
    CHECK(parseDuration("0s") == 0ms);
    CHECK(parseDuration("0") == 0ms);
}

TEST_CASE("anything else is not a duration") {
    const auto* text = GENERATE("", "5", "s", "10 s", "1.5s", "-1s", "+1s", "10S", "10sec", "1h30m", " 10s",
                                "10s ", "0x5s", "99999999999999999999s", "40000d", "18446744073709551615d");
    CAPTURE(text);
    CHECK_THROWS_AS(parseDuration(text), std::invalid_argument);
}

TEST_CASE("a bad duration is answered with what is wrong and what is allowed") {
    CHECK_THROWS_WITH(
        parseDuration("5"),
        "\"5\" is not a duration: the unit is missing; allowed: a whole number and one of ms, s, m, "
        "h, d, such as 500ms, 10s, 5m, 1h, 7d");
}

TEST_CASE("a formatted duration reads back as the same") {
    const auto [duration, text] = GENERATE(table<std::chrono::milliseconds, const char*>({{0ms, "0s"},
                                                                                          {1ms, "1ms"},
                                                                                          {1500ms, "1500ms"},
                                                                                          {10s, "10s"},
                                                                                          {90s, "90s"},
                                                                                          {10min, "10m"},
                                                                                          {24h, "1d"}}));
    CHECK(formatDuration(duration) == text);
    CHECK(parseDuration(text) == duration);
}

TEST_CASE("a size is a whole number and a binary unit, or bytes") {
    CHECK(parseByteSize("0") == 0);
    CHECK(parseByteSize("1500") == 1500);
    CHECK(parseByteSize("1500B") == 1500);
    CHECK(parseByteSize("64KiB") == 65536);
    CHECK(parseByteSize("512MiB") == 536870912);
    CHECK(parseByteSize("50GiB") == 53687091200);
    CHECK(parseByteSize("1TiB") == 1099511627776);
    CHECK(parseByteSize("16777215TiB") == 16777215ULL << 40U);
}

TEST_CASE("anything else is not a size") {
    const auto* text = GENERATE("", "KiB", "64 KiB", "1.5MiB", "-1", "64KB", "64k", "64kib", "16777216TiB",
                                "99999999999999999999", "1PiB", "1KiBx");
    CAPTURE(text);
    CHECK_THROWS_AS(parseByteSize(text), std::invalid_argument);
}

TEST_CASE("a decimal or short unit is answered with the binary one") {
    CHECK_THROWS_WITH(parseByteSize("64KB"),
                      "\"64KB\" is not a size: unknown unit \"KB\"; allowed: a whole number and one of B, "
                      "KiB, MiB, GiB, TiB, such as 64KiB, 512MiB, 50GiB; did you mean \"64KiB\"?");
    CHECK_THROWS_WITH(parseByteSize("5g"),
                      "\"5g\" is not a size: unknown unit \"g\"; allowed: a whole number and one of B, KiB, "
                      "MiB, GiB, TiB, such as 64KiB, 512MiB, 50GiB; did you mean \"5GiB\"?");
}

TEST_CASE("a formatted size reads back as the same") {
    const auto [bytes, text] = GENERATE(table<std::uint64_t, const char*>(
        {{0, "0B"}, {1, "1B"}, {1500, "1500B"}, {65536, "64KiB"}, {1536, "1536B"}, {1ULL << 28U, "256MiB"}}));
    CHECK(formatByteSize(bytes) == text);
    CHECK(parseByteSize(text) == bytes);
}

TEST_CASE("a rate is a whole number and a unit") {
    CHECK(parseBitRate("500bps") == 500);
    CHECK(parseBitRate("100kbps") == 100'000);
    CHECK(parseBitRate("2Mbps") == 2'000'000);
}

TEST_CASE("anything else is not a rate") {
    const auto* text = GENERATE("", "100", "kbps", "100 kbps", "1.5Mbps", "-1kbps", "100k", "100Kbps",
                                "100kbit/s", "99999999999999999999bps", "18446744073709551615Mbps");
    CAPTURE(text);
    CHECK_THROWS_AS(parseBitRate(text), std::invalid_argument);
}

TEST_CASE("a bad rate is answered with what is wrong and what is allowed") {
    CHECK_THROWS_WITH(
        parseBitRate("2m"),
        "\"2m\" is not a rate: unknown unit \"m\"; allowed: a whole number and one of bps, kbps, "
        "Mbps, such as 100kbps, 2Mbps; did you mean \"2Mbps\"?");
}

TEST_CASE("a formatted rate reads back as the same") {
    const auto* text = GENERATE("0bps", "1bps", "1500bps", "100kbps", "2Mbps");
    CHECK(formatBitRate(parseBitRate(text)) == text);
}
