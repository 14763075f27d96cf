// Makes text from outside fit for a message: one line of bounded length, without control characters.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

/// `"text"`, cut off after 64 bytes, with control characters written as `\xNN`.
std::string quote(std::string_view text);

} // namespace spillway::config
