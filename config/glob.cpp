#include "config/glob.h"

#include "config/name.h"
#include "config/quote.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace spillway::config {

namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument(
        quote(text) + " is not a track pattern: " + why +
        "; allowed: call/participant/source, each of A-Z a-z 0-9 . _ - and *, such as "
        "standup/*/camera");
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

void checkSegment(std::string_view text, std::string_view segment) {
    if (segment.empty()) refuse(text, "one of its parts is empty");
    if (segment.find("**") != std::string_view::npos)
        refuse(text, "a single * matches anything within a part");
    std::string sample(segment);
    std::replace(sample.begin(), sample.end(), '*', 'x');
    if (!isName(sample)) refuse(text, "no name can match the part " + quote(segment));
}

/// `*` matches any run of bytes. Backtracks to the last star only, so the cost is at most |pattern| * |text|.
bool matchesSegment(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace

TrackGlob TrackGlob::parse(std::string_view text) {
    const std::vector<std::string_view> parts = split(text);
    if (parts.size() != 3)
        refuse(text, "it has " + std::to_string(parts.size()) + " parts between slashes, not 3");
    TrackGlob glob;
    glob.text_ = text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        checkSegment(text, parts[i]);
        glob.segments_[i] = parts[i];
    }
    return glob;
}

bool TrackGlob::matches(std::string_view call, std::string_view participant, std::string_view source) const {
    return matches(call, participant) && matchesSegment(segments_[2], source);
}

bool TrackGlob::matches(std::string_view call, std::string_view participant) const {
    return matchesSegment(segments_[0], call) && matchesSegment(segments_[1], participant);
}

} // namespace spillway::config
