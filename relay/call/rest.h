// Whether a publisher may rest, and what it may then send. REMB counts all that a sender sends, so this is
// decided for all its tracks at once: it rests only while nobody watches any picture of it. Pure code, any
// thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/values/media_kind.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace spillway::relay {

/// A track of the publisher, and whether somebody watches it or listens to it.
struct RestingTrack {
    MediaKind kind = MediaKind::video;
    std::optional<Clock::time_point> unwatchedSince; ///< none while somebody does
    std::uint64_t bitsPerSecond = 0;                 ///< what its sound needs
};

/// Bits per second for all of them together; none means no limit. If nobody has watched a picture within
/// `linger`, that is `restBitrate` plus the sound that somebody has listened to within that time. A publisher
/// that sends no picture never rests.
std::optional<std::uint64_t> restLimit(const std::vector<RestingTrack>& tracks, std::uint64_t restBitrate,
                                       Clock::duration linger, Clock::time_point now);

/// The most that a stream had within about a second, on the wire.
class PeakRate {
  public:
    /// As counted since the stream began; another stream counts from 0 again. Call about once a second.
    void note(std::uint64_t packets, std::uint64_t bytes, Clock::time_point now);
    std::uint64_t bitsPerSecond() const { return bitsPerSecond_; }

  private:
    std::uint64_t packets_ = 0;
    std::uint64_t bytes_ = 0;
    std::optional<Clock::time_point> at_;
    std::uint64_t bitsPerSecond_ = 0;
};

} // namespace spillway::relay
