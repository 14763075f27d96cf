#include "relay/rtp/bandwidth_message.h"

#include "relay/rtp/rtcp_writer.h"

#include <algorithm>
#include <bit>

namespace spillway::relay::rtp {

namespace {

/// Exponent of 6 bits, mantissa of 18.
std::uint32_t floating(std::uint64_t value) {
    constexpr int mantissaBits = 18;
    const int exponent = std::max(0, static_cast<int>(std::bit_width(value)) - mantissaBits);
    return static_cast<std::uint32_t>(exponent) << mantissaBits |
           static_cast<std::uint32_t>(value >> static_cast<unsigned>(exponent));
}

} // namespace

std::vector<std::uint8_t> bandwidthMessage(std::uint32_t sender, Bytes description,
                                           std::uint64_t bitsPerSecond,
                                           std::span<const std::uint32_t> ssrcs) {
    constexpr std::uint8_t applicationLayer = 15; // FMT, RFC 4585 section 6.3
    constexpr std::uint32_t name = 0x52454D42;    // `REMB`
    const auto named = ssrcs.first(std::min<std::size_t>(ssrcs.size(), 255));
    std::vector<std::uint8_t> packet = emptyReport(sender);
    packet.insert(packet.end(), description.begin(), description.end());
    appendHead(packet, applicationLayer, RtcpType::payloadFeedback, 4 + named.size());
    append(packet, sender);
    append(packet, 0); // of the media: always 0
    append(packet, name);
    append(packet, static_cast<std::uint32_t>(named.size()) << 24U | floating(bitsPerSecond));
    for (const std::uint32_t ssrc : named)
        append(packet, ssrc);
    return packet;
}

} // namespace spillway::relay::rtp
