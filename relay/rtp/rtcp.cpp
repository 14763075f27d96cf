#include "relay/rtp/rtcp.h"

#include "relay/base/big_endian.h"

namespace spillway::relay::rtp {

std::optional<RtcpPacket> takeRtcp(Bytes& rest) {
    constexpr unsigned version = 2, padded = 0x20, countMask = 0x1F;
    if (rest.size() < rtcpHeadBytes || rest[0] >> 6 != version) return std::nullopt;
    const std::size_t size = rtcpHeadBytes + 4 * std::size_t{readU16(&rest[2])};
    if (size > rest.size()) return std::nullopt;
    const Bytes whole = rest.first(size);
    const std::size_t padding = (whole[0] & padded) != 0 ? whole.back() : 0;
    if (padding > size - rtcpHeadBytes) return std::nullopt;
    rest = rest.subspan(size);
    return RtcpPacket{static_cast<RtcpType>(whole[1]), static_cast<std::uint8_t>(whole[0] & countMask), whole,
                      whole.subspan(rtcpHeadBytes, size - rtcpHeadBytes - padding)};
}

std::optional<std::vector<RtcpPacket>> readCompound(Bytes compound) {
    std::vector<RtcpPacket> packets;
    while (!compound.empty()) {
        const auto packet = takeRtcp(compound);
        if (!packet) return std::nullopt;
        packets.push_back(*packet);
    }
    return packets;
}

std::optional<std::uint32_t> reportingSender(Bytes compound) {
    const auto first = takeRtcp(compound);
    if (!first || first->type != RtcpType::senderReport || first->body.size() < 4) return std::nullopt;
    return readU32(first->body.data());
}

} // namespace spillway::relay::rtp
