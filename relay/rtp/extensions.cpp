#include "relay/rtp/extensions.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/packet.h"

#include <algorithm>
#include <cstddef>

namespace spillway::relay::webrtc {

namespace {

/// The elements of a packet's extension block.
Bytes elements(Bytes packet) {
    if (packet.size() < rtpHeaderBytes || (packet[0] & 0x10U) == 0) return {};
    const std::size_t head = rtpHeaderBytes + 4 * std::size_t{packet[0] & 0x0FU};
    if (packet.size() < head + 4 || readU16(&packet[head]) != oneByteExtensions) return {};
    const Bytes rest = packet.subspan(head + 4);
    return rest.first(std::min(rest.size(), 4 * std::size_t{readU16(&packet[head + 2])}));
}

} // namespace

Bytes findExtension(Bytes packet, std::uint8_t id) {
    constexpr unsigned padding = 0, stop = 15;
    Bytes rest = elements(packet);
    while (!rest.empty()) {
        const unsigned found = rest[0] >> 4;
        const std::size_t size = found == padding ? 0 : (rest[0] & 0x0FU) + std::size_t{1};
        if (found == stop || size >= rest.size()) return {};
        if (found == id && found != padding) return rest.subspan(1, size);
        rest = rest.subspan(1 + size);
    }
    return {};
}

} // namespace spillway::relay::webrtc
