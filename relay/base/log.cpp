#include "relay/base/log.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cstddef>

namespace spillway::log {

namespace {

spdlog::level::level_enum levelOf(Level level) {
    static constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                       spdlog::level::err};
    return levels[static_cast<std::size_t>(level)];
}

} // namespace

bool isEnabled(Level level) {
    return spdlog::should_log(levelOf(level));
}

void write(Level level, fmt::string_view format, fmt::format_args values) {
    const std::string text = fmt::vformat(format, values);
    spdlog::default_logger_raw()->log(levelOf(level), spdlog::string_view_t(text));
}

} // namespace spillway::log
