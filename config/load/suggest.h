// "did you mean": finds the nearest of the allowed words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// The allowed word that `word` is most likely meant to be, ignoring case; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& allowed);

/// `; did you mean "X"?`, or an empty text.
std::string suggestion(std::string_view word, const std::vector<std::string>& allowed);

/// `a, b, c`
std::string joined(const std::vector<std::string>& words);

} // namespace spillway::config
