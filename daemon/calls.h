// The calls that this daemon is in, by name: each a relay::Call with the presence that keeps the daemon in
// it.
//
// Comes in: wishes of the configuration, of a reload and of the API. Goes out: presences that begin and
// leave. A call is left in its own time, bounded; one of the same name begins only afterwards, so that no two
// sessions of one call exist, and at limits.calls one of another name does too. Owner: App; ended before the
// relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/signalling/presence.h"
#include "relay/relay.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon {

class Calls {
  public:
    using MakePresence = std::function<std::unique_ptr<Presence>(relay::Call&)>;
    using OnLeft = std::function<void()>;

    /// How long good-bye may take for one call; then it ends without.
    static constexpr std::chrono::milliseconds leaveTime{3000};

    Calls(relay::Loop& loop, relay::Relay& relay, MakePresence makePresence);
    /// Ends all at once, without good-bye where that would need an answer.
    ~Calls();
    Calls(const Calls&) = delete;
    Calls& operator=(const Calls&) = delete;

    /// Throws relay::Refused, also while the call of this name is still being left.
    void add(const config::CallSettings& settings);
    /// As add(), but a call of this name that is other than this is left first; one that is the same goes on.
    /// At limits.calls it waits for the place of one that is being left.
    void put(const config::CallSettings& settings);
    /// `onLeft` runs later on the loop, once the call is gone. False if there is no such call.
    bool leave(const std::string& name, OnLeft onLeft);
    /// Leaves all, those that take longer than `atMost` without good-bye. Nothing can be added afterwards.
    void leaveAll(std::chrono::milliseconds atMost, OnLeft onLeft);

  private:
    struct Entry {
        std::unique_ptr<Presence> presence;
        std::uint64_t serial = 0; ///< distinguishes it from an earlier call of that name
        bool leaving = false;
        relay::Timer deadline;
        std::vector<OnLeft> onLeft;
        std::optional<config::CallSettings> next; ///< what begins once this one is gone
    };

    void startLeaving(const std::string& name, Entry& entry);
    void finish(const std::string& name, std::uint64_t serial);
    void finishAll();
    void begin(const config::CallSettings& settings);
    void beginOrWait(const config::CallSettings& settings);
    void beginAfter(std::optional<config::CallSettings> next);
    std::size_t placesBeingLeft() const;
    void tellWhenEmpty();

    relay::Loop& loop_;
    relay::Relay& relay_;
    MakePresence makePresence_;
    std::map<std::string, Entry> entries_;
    /// What begins once there is a place: no more than places being left.
    std::map<std::string, config::CallSettings> waiting_;
    std::uint64_t lastSerial_ = 0;
    OnLeft onAllLeft_; ///< set once all are being left
    relay::Timer allDeadline_;
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon
