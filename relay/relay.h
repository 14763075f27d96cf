// The media plane as the control plane sees it: calls, subscriptions, one snapshot.
//
// Owner: the daemon's composition. Loop thread, asserted.
#pragma once

#include "config/settings.h"
#include "relay/base/loop.h"
#include "relay/call/call.h"
#include "relay/values/event.h"
#include "relay/values/refused.h"
#include "relay/values/snapshot.h"
#include "relay/values/viewing.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

class Relay {
  public:
    /// Initialises GStreamer; throws std::runtime_error naming an element that is missing.
    Relay(Loop& loop, config::LimitSettings limits, config::WebrtcSettings webrtc);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Throws Refused.
    Call& addCall(const config::CallSettings& settings);
    /// Ends its peers and tracks. False when there is none.
    bool removeCall(const std::string& name);
    Call* findCall(const std::string& name);

    /// What to do with a subscription whose directory cannot be used now. One that does not answer is tried
    /// again in either case: nothing is known against it.
    enum class Unusable { refuse, keepTrying };
    /// Throws Refused. The subscription takes tracks that exist at once and others when they appear.
    void addSubscription(const config::SubscriptionSettings& settings, Unusable unusable = Unusable::refuse);
    /// The same as the configuration has it: tracks for which there is no room wait. One of this name goes on
    /// until this one can serve all its tracks, and for good when this throws, also because they would not
    /// fit; then it ends, and this one takes over its memory.
    void putSubscription(const config::SubscriptionSettings& settings);
    /// False when there is none.
    bool removeSubscription(const std::string& name);
    /// As it was added or last changed; null when there is none.
    const config::SubscriptionSettings* findSubscription(const std::string& name) const;

    /// Somebody plays tracks by WebRTC from now on. `onEnded` runs once, when that ended on its own (consent
    /// gone, DTLS failed, the call is gone); never after endViewer(). Throws ViewRefused.
    ViewAnswer view(const ViewRequest& request, std::function<void(const std::string& reason)> onEnded);
    /// False when there is none (any more).
    bool endViewer(ViewerId viewer);

    /// Called at every transition from now on, also at those while this goes. Replaces an earlier one.
    void onEvent(OnEvent onEvent);

    Snapshot snapshot() const;

    /// What has not progressed for longer than `limit`, as a phrase: a track whose streaming thread is inside
    /// one push, the thread of the publishers or of TCP, or the viewers' workers. None when all progress.
    std::optional<std::string> stuck(std::chrono::milliseconds limit);

    /// Ends all subscriptions, then all calls; `onClosed` once every output has closed its file. Nothing can
    /// be added afterwards.
    void close(std::function<void()> onClosed);

    static std::string gstreamerVersion(); ///< "1.22.0"
    static std::string niceVersion();      ///< "0.1.21"

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay
