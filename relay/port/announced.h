// What `webrtc.announce` stands for now: its numbers, and of its names the addresses that were found last. A
// name that is not found any more keeps those that it had, so that an outage of DNS ends nothing.
//
// Comes in: what the resolver finds. Goes out: addresses, for candidates; a line in the log when they change,
// when a name is not found, and when it is found again. Owner: MediaPort. Main loop.
#pragma once

#include "config/address.h"
#include "relay/base/loop.h"
#include "relay/net/name_lookup.h"
#include "relay/net/socket_address.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway::relay::port {

/// From an answer about a name to the next question.
struct LookUpPauses {
    std::chrono::milliseconds again{60'000};
    std::chrono::milliseconds whileUnknown{5'000}; ///< no address of it is known yet
};

class Announced {
  public:
    /// A gateway has one or two; further addresses of a name are left out.
    static constexpr std::size_t mostOfName = 8;

    explicit Announced(const std::vector<config::HostPort>& announce);
    Announced(const Announced&) = delete;
    Announced& operator=(const Announced&) = delete;

    /// Looks the names up now, and each again after a pause. Once; `loop` outlives this.
    void follow(Loop& loop, LookUpName lookUp = lookUpName, LookUpPauses pauses = {});

    bool isSet() const { return !places_.empty(); }
    /// What is known, in the order of the configuration; with port 0 where none is written.
    std::vector<SocketAddress> addresses() const;

  private:
    struct Place {
        std::string name; ///< empty: a number
        std::uint16_t port = 0;
        std::vector<SocketAddress> addresses;
        bool missed = false; ///< it was not found the last time
        Timer next;
    };
    void ask(Place& place);
    void take(Place& place, const NameFound& found);

    std::vector<Place> places_; ///< never resized: callbacks hold references
    Loop* loop_ = nullptr;
    LookUpName lookUp_;
    LookUpPauses pauses_;
    Lifetime lifetime_;
};

} // namespace spillway::relay::port
