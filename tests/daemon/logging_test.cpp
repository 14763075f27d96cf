#include "daemon/logging.h"
#include "relay/base/log.h"
#include "support/catch.h"

#include <nlohmann/json.hpp>
#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

using namespace spillway;
using namespace spillway::daemon;

namespace {

std::string line(config::LogFormat format, spdlog::level::level_enum level, const std::string& text) {
    spdlog::memory_buf_t out;
    makeFormatter(format)->format(spdlog::details::log_msg("spillway", level, text), out);
    return {out.data(), out.size()};
}

} // namespace

TEST_CASE("a JSON line is one object, whatever the message holds") {
    const std::string hostile = "peer lost detail=\"a\\b\"\n\x01 {\xff}";
    const auto text = line(config::LogFormat::json, spdlog::level::warn, hostile);
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    const auto json = nlohmann::json::parse(text);
    CHECK(json.at("level") == "warning");
    CHECK(json.at("message") == "peer lost detail=\"a\\b\"\n\x01 {\xEF\xBF\xBD}");
    CHECK(json.at("time").get<std::string>().ends_with("Z"));
}

TEST_CASE("journal lines begin with the priority of their level") {
    using spdlog::level::level_enum;
    CHECK(line(config::LogFormat::journal, level_enum::info, "a") == "<6>a\n");
    CHECK(line(config::LogFormat::journal, level_enum::warn, "a") == "<4>a\n");
    CHECK(line(config::LogFormat::journal, level_enum::err, "a") == "<3>a\n");
    CHECK(line(config::LogFormat::journal, level_enum::debug, "a") == "<7>a\n");
}

TEST_CASE("a message cannot make a line of its own") {
    CHECK(line(config::LogFormat::journal, spdlog::level::info, "a\n<0>b\r\x1b[2J") == "<6>a <0>b  [2J\n");
    const auto text = line(config::LogFormat::text, spdlog::level::info, "a\nb");
    CHECK(text.ends_with("info    a b\n"));
}

TEST_CASE("automatic is journal only when stderr is the journal's stream") {
    ::unsetenv("JOURNAL_STREAM");
    CHECK(resolveFormat(config::LogFormat::automatic) == config::LogFormat::text);
    ::setenv("JOURNAL_STREAM", "1:2", 1);
    CHECK(resolveFormat(config::LogFormat::automatic) == config::LogFormat::text);
    struct stat file {};
    REQUIRE(::fstat(STDERR_FILENO, &file) == 0);
    ::setenv("JOURNAL_STREAM", (std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino)).c_str(), 1);
    CHECK(resolveFormat(config::LogFormat::automatic) == config::LogFormat::journal);
    CHECK(resolveFormat(config::LogFormat::json) == config::LogFormat::json);
    ::unsetenv("JOURNAL_STREAM");
}

TEST_CASE("a text from outside ends neither its quotes nor its line") {
    CHECK(log::plain("a\" level=\"error\nb\x7F") == "a' level='error b ");
    CHECK(log::plain("\xE7\x8E\x8B=a b") == "\xE7\x8E\x8B=a b");
    std::ostringstream said;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said)));
    log::error("lost reason=\"{}\" number={} call={}", std::string("x\" call=\"forged"), 7, "studio");
    spdlog::set_default_logger(before);
    CHECK(said.str().find("lost reason=\"x' call='forged\" number=7 call=studio\n") != std::string::npos);
}
