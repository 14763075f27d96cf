// Names of calls, subscriptions and participants: 1 to 64 of `A-Z a-z 0-9 . _ -`, but not `.` or `..`,
// because names become parts of paths.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

bool isName(std::string_view text);

/// Makes a name of any text from outside, such as a display name: other bytes become `_`, the rest is cut
/// off, and `participant` stands for an empty name, `.` and `..`. The same input always gives the same name.
std::string toName(std::string_view text);

} // namespace spillway::config
