#include "daemon/logging.h"

#include "relay/base/log.h"

#include <glib.h>
#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace spillway::daemon {

namespace {

using config::LogFormat;
using config::LogLevel;

/// The message as a JSON string; bytes that are not UTF-8 are replaced.
class JsonMessage : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        const nlohmann::json text(std::string(message.payload.data(), message.payload.size()));
        const auto quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        out.append(quoted.data(), quoted.data() + quoted.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

/// A message on one line: what came from outside cannot make a line of its own.
class OneLine : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        for (const char c : message.payload)
            out.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<OneLine>(); }
};

/// `<3>` to `<7>`, sd-daemon(3).
class Priority : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        static constexpr std::array priorities{'7', '7', '6', '4', '3', '2', '6'};
        out.push_back('<');
        out.push_back(priorities.at(static_cast<std::size_t>(message.level)));
        out.push_back('>');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

const char* patternOf(LogFormat format) {
    switch (format) {
    case LogFormat::json:
        return R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%J})";
    case LogFormat::journal:
        return "%P%L";
    default:
        return "%Y-%m-%dT%H:%M:%S.%eZ %-7l %L";
    }
}

spdlog::level::level_enum levelOf(LogLevel level) {
    switch (level) {
    case LogLevel::trace:
        return spdlog::level::trace;
    case LogLevel::debug:
        return spdlog::level::debug;
    case LogLevel::info:
        return spdlog::level::info;
    case LogLevel::warn:
        return spdlog::level::warn;
    case LogLevel::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

void onGlibMessage(const char* domain, GLogLevelFlags level, const char* message, gpointer) noexcept {
    const bool severe = (static_cast<unsigned>(level) & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0;
    const bool warning = (static_cast<unsigned>(level) & G_LOG_LEVEL_WARNING) != 0;
    const auto as = severe ? spdlog::level::err : warning ? spdlog::level::warn : spdlog::level::debug;
    spdlog::log(as, "library message domain={} text=\"{}\"", domain ? domain : "", log::plain(message));
}

bool stderrIsJournal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat file {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &file) != 0) return false;
    return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) == stream;
}

} // namespace

LogFormat resolveFormat(LogFormat format) {
    if (format != LogFormat::automatic) return format;
    return stderrIsJournal() ? LogFormat::journal : LogFormat::text;
}

std::unique_ptr<spdlog::formatter> makeFormatter(LogFormat format) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<JsonMessage>('J').add_flag<OneLine>('L').add_flag<Priority>('P');
    formatter->set_pattern(patternOf(format));
    return formatter;
}

void setUpLogging(const config::LogSettings& settings) {
    auto logger =
        std::make_shared<spdlog::logger>("spillway", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(makeFormatter(resolveFormat(settings.format)));
    logger->set_level(levelOf(settings.level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    g_log_set_default_handler(onGlibMessage, nullptr);
}

void setLogLevel(LogLevel level) {
    spdlog::set_level(levelOf(level));
}

} // namespace spillway::daemon
