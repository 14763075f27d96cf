#include "config/load/suggest.h"

#include "config/text.h"

#include <algorithm>

namespace spillway::config {

namespace {

/// Longer words are not typing errors; the bound keeps hostile input cheap.
constexpr std::size_t longestWord = 32;

/// How many insertions, deletions, replacements and swaps of neighbours turn one word into the other.
std::size_t editDistance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> before;
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before = std::move(last);
        last = row;
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& allowed) {
    if (word.size() > longestWord) return "";
    const std::string wanted = lowered(word);
    std::string best;
    std::size_t least = wanted.size() / 3 + 2;
    for (const std::string& candidate : allowed) {
        const std::size_t distance = editDistance(wanted, candidate);
        if (distance >= least || distance >= candidate.size()) continue;
        least = distance;
        best = candidate;
    }
    return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& allowed) {
    const std::string near = nearest(word, allowed);
    return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

std::string joined(const std::vector<std::string>& words) {
    std::string result;
    for (const std::string& word : words)
        result += (result.empty() ? "" : ", ") + word;
    return result;
}

} // namespace spillway::config
