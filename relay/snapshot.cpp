#include "relay/snapshot.h"

namespace spillway::relay {

const char* callStateName(CallState state) {
    switch (state) {
    case CallState::joining:
        return "joining";
    case CallState::joined:
        return "joined";
    case CallState::left:
        return "left";
    }
    return "unknown";
}

const char* wishReasonName(WishReason reason) {
    static constexpr std::array names{"attach", "drop", "decoder", "output", "viewer"};
    static_assert(names.size() == wishReasons);
    return names[static_cast<std::size_t>(reason)];
}

const char* trackStateName(TrackState state) {
    return state == TrackState::live ? "live" : "waiting";
}

} // namespace spillway::relay
