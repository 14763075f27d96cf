#include "relay/values/snapshot.h"

namespace spillway::relay {

const char* callStateName(CallState state) {
    static constexpr std::array names{"idle", "joining", "joined", "reconnecting", "left"};
    static_assert(names.size() == callStates.size());
    return names[static_cast<std::size_t>(state)];
}

const char* wishReasonName(WishReason reason) {
    static constexpr std::array names{"attach", "drop", "decoder", "output", "viewer"};
    static_assert(names.size() == wishReasons);
    return names[static_cast<std::size_t>(reason)];
}

const char* trackStateName(TrackState state) {
    static constexpr std::array names{"live", "waiting", "paused"};
    static_assert(names.size() == trackStates.size());
    return names[static_cast<std::size_t>(state)];
}

} // namespace spillway::relay
