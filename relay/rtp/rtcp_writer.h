// What every RTCP packet that we write begins with (RFC 3550 section 6.4, RFC 4585 section 6.1). Any thread.
#pragma once

#include "relay/base/big_endian.h"
#include "relay/rtp/rtcp.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spillway::relay::rtp {

inline void append(std::vector<std::uint8_t>& packet, std::uint32_t value) {
    packet.resize(packet.size() + 4);
    writeU32(&packet[packet.size() - 4], value);
}

/// `words` of four bytes follow.
inline void appendHead(std::vector<std::uint8_t>& packet, std::uint8_t count, RtcpType type,
                       std::size_t words) {
    append(packet, 2U << 30 | static_cast<std::uint32_t>(count) << 24 |
                       static_cast<std::uint32_t>(type) << 16 | static_cast<std::uint32_t>(words));
}

/// A report about nobody: what a compound of a sender that has nothing to report begins with
/// (RFC 3550 section 6.1).
inline std::vector<std::uint8_t> emptyReport(std::uint32_t ssrc) {
    std::vector<std::uint8_t> packet;
    appendHead(packet, 0, RtcpType::receiverReport, 1);
    append(packet, ssrc);
    return packet;
}

} // namespace spillway::relay::rtp
