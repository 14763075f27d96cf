// Reading and writing the fixed RTP header (RFC 3550 section 5.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

using GstBuffer = struct _GstBuffer;

namespace spillway::relay {

constexpr std::size_t rtpHeaderBytes = 12;
using RtpHeader = std::array<std::uint8_t, rtpHeaderBytes>;

/// What a packet says, and where its payload is: behind CSRCs and header extension, before the padding.
struct RtpPacket {
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::size_t payloadOffset = 0;
    std::size_t payloadBytes = 0;
};

/// Nothing when the buffer holds no RTP packet of version 2, or a broken one. Any thread.
std::optional<RtpPacket> readRtpPacket(GstBuffer* buffer);

/// A header without CSRC, extension and padding.
RtpHeader rtpHeader(bool marker, std::uint8_t payloadType, std::uint16_t sequence, std::uint32_t timestamp,
                    std::uint32_t ssrc);

} // namespace spillway::relay
