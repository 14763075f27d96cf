// RTP packets in buffers, as a queue hands them to a viewer.
#pragma once

#include "relay/base/big_endian.h"
#include "relay/queue/frame_queue.h"
#include "relay/rtp/format.h"

#include <gst/gst.h>

#include "support/rtp.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace spillway::relay::webrtc {

using Packet = std::vector<std::uint8_t>;

constexpr std::uint8_t playoutDelayId = 9;

/// As webrtcbin has it, with a playout delay.
inline std::shared_ptr<const StreamFormat> formatOf(std::uint64_t incarnation) {
    GstCaps* caps = gst_caps_new_simple("application/x-rtp", "extmap-2", G_TYPE_STRING,
                                        "urn:ietf:params:rtp-hdrext:sdes:mid", "extmap-9", G_TYPE_STRING,
                                        std::string(rtp::playoutDelayUri).c_str(), nullptr);
    auto format = std::make_shared<const StreamFormat>(caps, incarnation);
    gst_caps_unref(caps);
    return format;
}

/// A publisher of one track.
struct Source {
    explicit Source(std::uint64_t number, std::uint32_t ssrcOfIt = 0x5000)
        : format(formatOf(number))
        , ssrc(ssrcOfIt) {}

    /// Header, `extension` (whole words, empty is none), payload; in two memories.
    Frame frame(unsigned sequence, std::uint32_t timestamp, const Packet& payload,
                const Packet& extension = {}, bool marker = true) const {
        Packet head(12);
        const auto fixed =
            rtp::makeHeader(marker, 120, static_cast<std::uint16_t>(sequence), timestamp, ssrc);
        std::copy(fixed.begin(), fixed.end(), head.begin());
        if (!extension.empty()) {
            head[0] |= 0x10U;
            head.insert(head.end(), {0xBE, 0xDE, 0, static_cast<std::uint8_t>(extension.size() / 4)});
            head.insert(head.end(), extension.begin(), extension.end());
        }
        // A first memory that ends within the payload.
        const std::size_t half = payload.size() / 2;
        head.insert(head.end(), payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(half));
        GstBuffer* buffer = gst_buffer_new_memdup(head.data(), head.size());
        if (half < payload.size())
            gst_buffer_append(buffer, gst_buffer_new_memdup(payload.data() + half, payload.size() - half));
        Frame made;
        made.buffer = gst::Ref<GstBuffer>::adopt(buffer);
        made.packet = spillway::test::packetIn(buffer, playoutDelayId);
        made.format = format;
        made.arrived = now;
        made.bytes = static_cast<std::uint32_t>(payload.size());
        return made;
    }

    std::shared_ptr<const StreamFormat> format;
    std::uint32_t ssrc;
    Clock::time_point now{std::chrono::hours(1)};
};

/// Without bounds that a test comes near; its reader begins anywhere.
inline std::shared_ptr<FrameQueue> wideQueue() {
    return std::make_shared<FrameQueue>(
        QueueBounds{1024, 1024 * 1024, std::chrono::seconds(5), QueuePolicy::dropToKeyframe},
        FrameQueue::Hooks{}, FrameQueue::Start::anywhere);
}

} // namespace spillway::relay::webrtc
