// `call/participant/source`, the name of a track that is stable across reconnects.
#pragma once

#include <compare>
#include <string>

namespace spillway::relay {

struct TrackName {
    std::string call;
    std::string participant;
    /// `camera`, `microphone`, `screen`, `screen-audio`, `video`, `audio`, or one of them with `-2` …
    std::string source;

    std::string text() const { return call + "/" + participant + "/" + source; }
    auto operator<=>(const TrackName&) const = default; // NOLINT(modernize-use-nullptr): of what is generated
};

} // namespace spillway::relay
