// JSON of others, read with a bound: what handles a value later (a copy, its destruction, a dump) recurses as
// deep as it nests. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <string_view>

namespace spillway::daemon {

inline constexpr int maxJsonDepth = 64;

/// Discarded (`is_discarded()`) when it is no JSON, or nests deeper than that.
nlohmann::json readJson(std::string_view text);

} // namespace spillway::daemon
