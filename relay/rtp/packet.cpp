#include "relay/rtp/packet.h"

#include "relay/base/big_endian.h"

#include <gst/gst.h>

namespace spillway::relay {

namespace {

/// Of the four-byte head of an extension and its words; 0 when there is none, nothing when it is cut off.
std::optional<std::size_t> extensionBytes(GstBuffer* buffer, std::size_t offset, bool present) {
    if (!present) return 0;
    std::array<std::uint8_t, 4> head{};
    if (gst_buffer_extract(buffer, offset, head.data(), head.size()) != head.size()) return std::nullopt;
    return head.size() + 4 * std::size_t{readU16(&head[2])};
}

std::size_t paddingBytes(GstBuffer* buffer, std::size_t size, bool present) {
    std::uint8_t count = 0;
    if (present) gst_buffer_extract(buffer, size - 1, &count, 1);
    return count;
}

} // namespace

std::optional<RtpPacket> readRtpPacket(GstBuffer* buffer) {
    RtpHeader header{};
    const std::size_t size = gst_buffer_get_size(buffer);
    if (gst_buffer_extract(buffer, 0, header.data(), header.size()) != header.size()) return std::nullopt;
    if (header[0] >> 6 != 2) return std::nullopt;

    const std::size_t extensionAt = header.size() + 4 * std::size_t{header[0] & 0x0FU};
    const auto extension = extensionBytes(buffer, extensionAt, (header[0] & 0x10U) != 0);
    const std::size_t padding = paddingBytes(buffer, size, (header[0] & 0x20U) != 0);
    if (!extension || extensionAt + *extension + padding > size) return std::nullopt;

    RtpPacket packet;
    packet.marker = (header[1] & 0x80U) != 0;
    packet.sequence = readU16(&header[2]);
    packet.timestamp = readU32(&header[4]);
    packet.ssrc = readU32(&header[8]);
    packet.payloadOffset = extensionAt + *extension;
    packet.payloadBytes = size - packet.payloadOffset - padding;
    return packet;
}

RtpHeader rtpHeader(bool marker, std::uint8_t payloadType, std::uint16_t sequence, std::uint32_t timestamp,
                    std::uint32_t ssrc) {
    RtpHeader header{};
    header[0] = 2U << 6;
    header[1] = static_cast<std::uint8_t>((marker ? 0x80U : 0U) | payloadType);
    writeU16(&header[2], sequence);
    writeU32(&header[4], timestamp);
    writeU32(&header[8], ssrc);
    return header;
}

} // namespace spillway::relay
