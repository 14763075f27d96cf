#include "relay/base/log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
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

std::string plain(std::string_view text) {
    std::string safe(text);
    for (char& c : safe)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
    std::replace(safe.begin(), safe.end(), '"', '\'');
    return safe;
}

void write(Level level, fmt::string_view format, fmt::format_args values) {
    const std::string text = fmt::vformat(format, values);
    spdlog::default_logger_raw()->log(levelOf(level), spdlog::string_view_t(text));
}

} // namespace spillway::log
