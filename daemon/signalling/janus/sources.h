// What a publisher's streams are called: `camera`, `microphone`, `screen`, `screen-audio`. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spillway::daemon::janus {

struct FeedStream {
    std::string mid;
    bool video = false;
    bool screen = false;   ///< its description says so
    bool disabled = false; ///< its line is there, nothing is sent
    bool moderated = false;
    std::string source; ///< empty until it is first seen enabled
};

bool describesScreen(std::string_view description);

/// Names the enabled ones that have no name yet, in their order. The first video is the camera and the first
/// audio the microphone, unless described otherwise; the second is the screen's; further ones get `-2` and so
/// on.
void nameSources(std::vector<FeedStream>& streams);

/// Takes names over from `before`, by mid, where kind and description allow.
void keepSources(std::vector<FeedStream>& streams, const std::vector<FeedStream>& before);

} // namespace spillway::daemon::janus
