// What one incarnation of a track counts, and what its marker read of the packet that is on its way. Written
// by its streaming thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/capture_clock.h"
#include "relay/rtp/packet.h"
#include "relay/values/media_kind.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using GstBuffer = struct _GstBuffer;

namespace spillway::relay {

struct TrackCounters {
    TrackCounters(std::uint64_t number, MediaKind mediaKind,
                  std::shared_ptr<const rtp::CaptureClock> captureClock = nullptr)
        : incarnation(number)
        , kind(mediaKind)
        , clock(std::move(captureClock)) {}

    const std::uint64_t incarnation; ///< unique in the process; see StreamFormat::incarnation
    const MediaKind kind;
    const std::shared_ptr<const rtp::CaptureClock> clock; ///< of the publisher's reports; may be null

    // Read by any thread.
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> bytes{0};
    /// When the packet that is now on its way through the tee came in, so that branches need no clock of
    /// their own.
    std::atomic<Clock::rep> lastArrival{0};

    Clock::time_point arrival() const {
        return Clock::time_point(Clock::duration(lastArrival.load(std::memory_order_relaxed)));
    }

    /// Of the streaming thread alone: the packets of the push that is under way, read once for all branches.
    /// One, or those of a buffer list.
    struct Pushed {
        const GstBuffer* buffer; ///< only to distinguish it from the others
        std::optional<rtp::Packet> packet;
    };
    std::vector<Pushed> pushed;

    /// The same: the newest packet, by which access units find when they were captured.
    struct Newest {
        std::uint32_t timestamp = 0;
        std::chrono::nanoseconds presentation{};
        std::uint32_t clockRate = 0; ///< 0 before there is one
    };
    Newest newest;

    /// Streaming thread: when what is presented then was captured; nothing when nobody reports that, or what
    /// they report cannot be.
    std::optional<Clock::time_point> capturedAt(std::chrono::nanoseconds presentation) const {
        if (!clock || newest.clockRate == 0) return std::nullopt;
        const auto captured = clock->capturedAt(newest.timestamp, newest.clockRate);
        if (!captured || std::chrono::abs(arrival() - *captured) > rtp::CaptureClock::latest)
            return std::nullopt;
        return *captured + (presentation - newest.presentation);
    }

    /// Streaming thread, inside the push of `buffer`; nothing when it holds no RTP packet, or a broken one.
    std::optional<rtp::Packet> packetOf(const GstBuffer* buffer) const {
        for (const Pushed& one : pushed)
            if (one.buffer == buffer) return one.packet;
        return std::nullopt;
    }
};

} // namespace spillway::relay
