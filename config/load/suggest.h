// "did you mean": the nearest of the allowed words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// The allowed word that `word` is most likely a slip of, or nothing when none is near. Letter case does not
/// count.
std::string nearest(std::string_view word, const std::vector<std::string>& allowed);

/// `; did you mean "X"?`, or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& allowed);

/// `a, b, c`
std::string joined(const std::vector<std::string>& words);

} // namespace spillway::config
