// Viewers: who plays tracks of this node by WebRTC, as the control plane sees them.
//
// A viewer is a session, not a track: it is there before media flows, and stays when a track of it ends,
// until the participant comes back, the viewer leaves, or its consent ends. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/values/queue_stats.h"
#include "relay/values/track_name.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace spillway::relay {

using ViewerId = std::uint64_t;

struct ViewRequest {
    std::string call;
    std::string participant;
    /// That track alone; else the participant's first video and first audio.
    std::optional<std::string> source;
    std::string offer;       ///< SDP
    std::string client = {}; ///< who asks, as far as limits go
};

/// Why nobody can view.
class ViewRefused : public std::runtime_error {
  public:
    enum class Kind {
        malformed, ///< not an SDP offer (400)
        /// An offer without a codec that this track is in: the reason names both sides' codecs (406).
        unsupported,
        noTrack,  ///< no such track now; it may come (409)
        limit,    ///< no room, or no address that is known yet (503)
        disabled, ///< this node has no egress (404)
    };
    ViewRefused(Kind kind, const std::string& detail)
        : std::runtime_error(detail)
        , kind_(kind) {}
    Kind kind() const { return kind_; }

  private:
    Kind kind_;
};

/// What view() gives.
struct ViewAnswer {
    ViewerId id = 0;
    std::string answer;       ///< SDP with all candidates
    std::string offeredUfrag; ///< what a trickle PATCH must name
};

enum class ViewerState { connecting, connected };

/// What a viewer of a track counts, or all of them together.
struct ViewerCounters {
    std::uint64_t packets = 0; ///< sent for the first time …
    std::uint64_t bytes = 0;   ///< … and their RTP, headers included
    std::uint64_t retransmitted = 0;
    std::uint64_t unavailable = 0;     ///< requested again, but gone
    std::uint64_t keyframesWanted = 0; ///< by PLI and FIR

    ViewerCounters& operator+=(const ViewerCounters& other) {
        // All by name: a counter that is missing here does not compile.
        const auto& [morePackets, moreBytes, moreRetransmitted, moreUnavailable, moreWanted] = other;
        packets += morePackets;
        bytes += moreBytes;
        retransmitted += moreRetransmitted;
        unavailable += moreUnavailable;
        keyframesWanted += moreWanted;
        return *this;
    }
};

/// What a viewer last reported about a track.
struct ViewerReception {
    std::uint64_t lost = 0; ///< packets in all
    double fractionLost = 0;
    double jitter = 0;    ///< seconds
    double roundTrip = 0; ///< seconds; 0 before it is known
};

/// One viewer on one track of it.
struct ViewerTrackSnapshot {
    TrackName track;
    config::QueueBounds bounds;
    QueueStats queue;
    ViewerCounters counters;
    ViewerReception reception;
};

/// All viewers of a track since it began, including those that are gone: never goes down.
struct ViewerTotals {
    ViewerCounters counters;
    std::array<std::uint64_t, dropReasons> dropped{};
};

struct ViewerSnapshot {
    ViewerId id = 0;
    std::string call;
    std::string participant;
    ViewerState state = ViewerState::connecting;
    double age = 0;              ///< seconds
    std::string address;         ///< of the viewer; empty before a path is nominated
    std::uint64_t bandwidth = 0; ///< bits per second, by the viewer's REMB; 0 before it is known
    std::vector<ViewerTrackSnapshot> tracks;
};

} // namespace spillway::relay
