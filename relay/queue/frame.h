// What flows from a branch through a FrameQueue to an output: one media buffer with what a queue and an
// output must know about it. Copies share the media.
#pragma once

#include "relay/base/clock.h"
#include "relay/gst/ref.h"
#include "relay/rtp/capture_clock.h"
#include "relay/rtp/packet.h"
#include "relay/values/media_kind.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace spillway::relay {

/// What the frames of one branch are, from one caps event to the next; immutable and shared by its frames.
struct StreamFormat {
    /// Retains the caps.
    StreamFormat(GstCaps* formatCaps, std::uint64_t formatIncarnation,
                 std::shared_ptr<const rtp::CaptureClock> captureClock = nullptr)
        : caps(gst::Ref<GstCaps>::retain(formatCaps))
        , incarnation(formatIncarnation)
        , clock(std::move(captureClock)) {}

    /// Full caps: `application/x-rtp,...` for rtp, `video/x-vp8,...` and so on for encoded.
    gst::Ref<GstCaps> caps;
    /// Which incarnation of the track the frames come from. Timestamps, sequence numbers and SSRC are
    /// comparable only within one; a track that is published again has another.
    std::uint64_t incarnation;
    /// When its packets were captured, by the publisher's reports; null where there are none.
    std::shared_ptr<const rtp::CaptureClock> clock;
};

struct Frame {
    gst::Ref<GstBuffer> buffer; ///< null only in tests of the queue itself
    std::shared_ptr<const StreamFormat> format;
    Clock::time_point arrived; ///< when its (last) packet came into the track
    /// Of an access unit, by the publisher's reports; packets are many, and who needs it asks
    /// `format->clock`.
    std::optional<Clock::time_point> captured;
    std::uint32_t bytes = 0;    ///< of payload, counted against the queue's bound
    bool keyframe = false;      ///< decoding can start here; always true for audio
    bool discontinuity = false; ///< set by the queue: frames were dropped before this one
    /// What the buffer says as an RTP packet; nothing when it is broken or of another rendition.
    std::optional<rtp::Packet> packet;
};

} // namespace spillway::relay
