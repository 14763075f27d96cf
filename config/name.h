// Names of calls, subscriptions and participants: 1 to 64 of `A-Z a-z 0-9 . _ -`, but not `.` or `..`,
// because names become parts of paths.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

bool isName(std::string_view text);

/// Makes a name of any text from outside, such as a display name; `participant` stands for an empty one. A
/// text that is a name stays as it is. In others `_` stands for each other byte, what is too long is cut off,
/// and
/// `--` and eight digits of a hash of the whole text keep two that differ apart; a name that ends so is
/// treated as one of them. The same text always gives the same name.
std::string toName(std::string_view text);

/// The text itself, for people to read: on one line, and 256 bytes of it at most.
std::string toDisplay(std::string_view text);

} // namespace spillway::config
