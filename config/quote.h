// Text from outside, made fit for a message: on one line, of bounded length, without control characters.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

/// `"text"`, cut after 64 bytes, control characters as `\xNN`.
std::string quote(std::string_view text);

} // namespace spillway::config
