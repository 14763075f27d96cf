#include "relay/port/demux.h"

#include "relay/base/big_endian.h"

namespace spillway::relay::port {

namespace {

constexpr std::size_t stunHeader = 20;           // RFC 8489 section 5
constexpr std::uint32_t stunCookie = 0x2112A442; // RFC 8489 section 5
constexpr std::size_t dtlsHeader = 13;           // RFC 6347 section 4.1
constexpr std::size_t rtpHeader = 12;            // RFC 3550 section 5.1
constexpr std::size_t rtcpHeader = 8;            // RFC 3550 section 6.4: header and SSRC

constexpr bool within(std::uint8_t value, std::uint8_t first, std::uint8_t last) {
    return value >= first && value <= last;
}

} // namespace

DatagramKind kindOf(Bytes datagram) {
    if (datagram.size() < rtcpHeader) return DatagramKind::other;
    const std::uint8_t first = datagram[0];
    if (within(first, 0, 3) && datagram.size() >= stunHeader && readU32(datagram.data() + 4) == stunCookie)
        return DatagramKind::stun;
    if (within(first, 20, 63) && datagram.size() >= dtlsHeader) return DatagramKind::dtls;
    if (!within(first, 128, 191)) return DatagramKind::other;
    if (within(datagram[1], 192, 223)) return DatagramKind::rtcp;
    return datagram.size() >= rtpHeader ? DatagramKind::rtp : DatagramKind::other;
}

} // namespace spillway::relay::port
