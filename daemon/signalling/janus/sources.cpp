#include "daemon/signalling/janus/sources.h"

#include "config/text.h"

#include <algorithm>
#include <set>

namespace spillway::daemon::janus {

namespace {

constexpr std::string_view screenWord = "screen";

bool isNamed(const std::vector<FeedStream>& streams, const std::string& source) {
    return std::any_of(streams.begin(), streams.end(),
                       [&](const FeedStream& stream) { return stream.source == source; });
}

/// By one that is there: the line of a screen that is shared no more stays, and so does its last name.
bool isInUse(const std::vector<FeedStream>& streams, const std::string& source) {
    return std::any_of(streams.begin(), streams.end(),
                       [&](const FeedStream& stream) { return !stream.disabled && stream.source == source; });
}

std::string freeSource(const std::vector<FeedStream>& streams, const FeedStream& stream) {
    // A camera that is only off keeps its name for when it comes back.
    std::string first = stream.video ? "camera" : "microphone";
    if (!stream.screen && !isNamed(streams, first)) return first;
    const std::string screen = stream.video ? "screen" : "screen-audio";
    std::string source = screen;
    for (unsigned number = 2; isInUse(streams, source); ++number)
        source = screen + "-" + std::to_string(number);
    return source;
}

/// Those that come back while another bears their name.
void dropDoubles(std::vector<FeedStream>& streams) {
    std::set<std::string> seen;
    for (auto& stream : streams)
        if (!stream.disabled && !stream.source.empty() && !seen.insert(stream.source).second)
            stream.source.clear();
}

bool mayKeep(const FeedStream& now, const FeedStream& before) {
    return now.video == before.video && (!now.screen || before.source.starts_with(screenWord));
}

} // namespace

bool describesScreen(std::string_view description) {
    return lowered(description).find(screenWord) != std::string::npos;
}

void nameSources(std::vector<FeedStream>& streams) {
    dropDoubles(streams);
    for (auto& stream : streams)
        if (stream.source.empty() && !stream.disabled) stream.source = freeSource(streams, stream);
}

void keepSources(std::vector<FeedStream>& streams, const std::vector<FeedStream>& before) {
    for (auto& stream : streams) {
        const auto old = std::find_if(before.begin(), before.end(), [&](const FeedStream& candidate) {
            return candidate.mid == stream.mid;
        });
        if (old != before.end() && mayKeep(stream, *old)) stream.source = old->source;
    }
}

} // namespace spillway::daemon::janus
