#include "relay/rtp/packet.h"

#include "relay/base/big_endian.h"

#include <algorithm>
#include <limits>

namespace spillway::relay::rtp {

namespace {

constexpr unsigned version = 2;
constexpr unsigned padded = 0x20, extended = 0x10, csrcMask = 0x0F;

std::size_t extensionOffset(Bytes packet) {
    return fixedHeaderBytes + 4 * std::size_t{packet[0] & csrcMask};
}

} // namespace

std::optional<std::size_t> payloadOffset(Bytes packet) {
    constexpr std::size_t extensionHead = 4;
    if (packet.size() < fixedHeaderBytes || packet[0] >> 6 != version) return std::nullopt;
    std::size_t at = extensionOffset(packet);
    if ((packet[0] & extended) != 0) {
        if (packet.size() < at + extensionHead) return std::nullopt;
        at += extensionHead + 4 * std::size_t{readU16(&packet[at + 2])};
    }
    if (packet.size() < at) return std::nullopt;
    return at;
}

MutableBytes withoutCsrcs(MutableBytes packet) {
    const std::size_t bytes = 4 * std::size_t{packet[0] & csrcMask};
    if (bytes == 0) return packet;
    packet[0] = static_cast<std::uint8_t>(packet[0] & ~csrcMask);
    std::copy_backward(packet.begin(), packet.begin() + fixedHeaderBytes,
                       packet.begin() + static_cast<std::ptrdiff_t>(fixedHeaderBytes + bytes));
    return packet.subspan(bytes);
}

std::optional<Packet> readPacket(Bytes bytes, std::uint8_t playoutDelayId) {
    const auto offset = payloadOffset(bytes);
    if (!offset || bytes.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    const std::size_t at = *offset;
    const std::size_t padding = (bytes[0] & padded) != 0 ? bytes.back() : 0;
    if (bytes.size() < at + padding) return std::nullopt;

    Packet packet;
    if ((bytes[0] & extended) != 0)
        packet.extensionOffset = static_cast<std::uint32_t>(extensionOffset(bytes));
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
