// Names of calls, subscriptions and participants: 1 to 64 of `A-Z a-z 0-9 . _ -`, but not `.` or `..`,
// because names become parts of paths.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

bool isName(std::string_view text);

/// Maps anything from outside (a display name) to a name: other bytes become `_`, the length is cut, and what
/// would be empty, `.` or `..` becomes `participant`. The same input gives the same name.
std::string toName(std::string_view text);

} // namespace spillway::config
