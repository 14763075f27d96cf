#include "relay/rtp/packet.h"

#include "relay/base/big_endian.h"

#include <limits>

namespace spillway::relay::rtp {

std::optional<Packet> readPacket(Bytes bytes, std::uint8_t playoutDelayId) {
    constexpr unsigned version = 2, padded = 0x20, extended = 0x10, sourcesMask = 0x0F;
    constexpr std::size_t extensionHead = 4;
    if (bytes.size() < fixedHeaderBytes || bytes.size() > std::numeric_limits<std::uint32_t>::max() ||
        bytes[0] >> 6 != version)
        return std::nullopt;
    Packet packet;
    std::size_t at = fixedHeaderBytes + 4 * std::size_t{bytes[0] & sourcesMask};
    if ((bytes[0] & extended) != 0) {
        if (bytes.size() < at + extensionHead) return std::nullopt;
        packet.extensionOffset = static_cast<std::uint32_t>(at);
        at += extensionHead + 4 * std::size_t{readU16(&bytes[at + 2])};
    }
    const std::size_t padding = (bytes[0] & padded) != 0 ? bytes.back() : 0;
    if (bytes.size() < at + padding) return std::nullopt;

    packet.marker = (bytes[1] & 0x80U) != 0;
    packet.payloadType = bytes[1] & 0x7FU;
    packet.sequence = readU16(&bytes[2]);
    packet.timestamp = readU32(&bytes[4]);
    packet.ssrc = readU32(&bytes[8]);
    packet.payloadOffset = static_cast<std::uint32_t>(at);
    packet.payloadBytes = static_cast<std::uint32_t>(bytes.size() - at - padding);
    if (packet.extensionOffset != 0 && playoutDelayId != 0)
        packet.playoutDelay = findPlayoutDelay(bytes.first(at), packet.extensionOffset, playoutDelayId);
    return packet;
}

HeaderBytes makeHeader(bool marker, std::uint8_t payloadType, std::uint16_t sequence, std::uint32_t timestamp,
                       std::uint32_t ssrc) {
    HeaderBytes header{};
    header[0] = 2U << 6;
    header[1] = static_cast<std::uint8_t>((marker ? 0x80U : 0U) | payloadType);
    writeU16(&header[2], sequence);
    writeU32(&header[4], timestamp);
    writeU32(&header[8], ssrc);
    return header;
}

} // namespace spillway::relay::rtp
