// One transition of a call, a track or a subscriber, reported as it happens. Plain values.
#pragma once

#include <functional>
#include <string>

namespace spillway::relay {

struct Event {
    enum class Subject { call, track, subscriber };

    Subject subject = Subject::call;
    std::string call;
    std::string track;        ///< `call/participant/source`; empty for a call
    std::string subscription; ///< its name, or `viewer-N`; empty but for a subscriber
    /// call: a CallState; track: `live`, `waiting`, `paused`, `ended`; subscriber: `attached`, `detached`,
    /// `ended`, `refused`, and of its queue `dropping`, `flowing`.
    std::string state;
    std::string detail; ///< why; may be empty
};

/// Loop. Must not change the relay.
using OnEvent = std::function<void(const Event&)>;

} // namespace spillway::relay
