// What keeps this daemon in one call: it hosts the call (`whip`), makes it up (`test`), or is a guest in it
// (membership.h). Owner: Calls; ended before the relay, whose Call it borrows. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/base/loop.h"
#include "relay/call/call.h"

#include <functional>
#include <memory>

namespace spillway::daemon::whip {
class Server;
}

namespace spillway::daemon {

class Presence {
  public:
    Presence() = default;
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    /// Ends at once, without good-bye where that would need an answer.
    virtual ~Presence() = default;

    /// Says good-bye: the call's state is `left` when `onLeft` runs, on the loop, once, within seconds.
    virtual void leave(std::function<void()> onLeft) = 0;
};

/// What presences share.
struct PresenceContext {
    relay::Loop& loop;
    whip::Server& whip;
};

/// The presence that the call's `join:` names. Sets the state of the call from then on.
std::unique_ptr<Presence> makePresence(const PresenceContext& context, relay::Call& call);

} // namespace spillway::daemon
