#include "relay/rtp/extensions.h"

#include "relay/base/big_endian.h"

#include <algorithm>

namespace spillway::relay::rtp {

namespace {

Bytes elements(Bytes packet, std::size_t block) {
    constexpr std::size_t head = 4;
    if (packet.size() < block + head || readU16(&packet[block]) != oneByteExtensions) return {};
    const Bytes rest = packet.subspan(block + head);
    return rest.first(std::min(rest.size(), 4 * std::size_t{readU16(&packet[block + 2])}));
}

} // namespace

Bytes findExtension(Bytes packet, std::size_t block, std::uint8_t id) {
    constexpr unsigned padding = 0, stop = 15;
    Bytes rest = elements(packet, block);
    while (!rest.empty()) {
        const unsigned found = rest[0] >> 4;
        const std::size_t size = found == padding ? 0 : (rest[0] & 0x0FU) + std::size_t{1};
        if (found == stop || size >= rest.size()) return {};
        if (found == id && found != padding) return rest.subspan(1, size);
        rest = rest.subspan(1 + size);
    }
    return {};
}

std::optional<PlayoutDelay> findPlayoutDelay(Bytes packet, std::size_t block, std::uint8_t id) {
    PlayoutDelay delay{};
    const Bytes found = findExtension(packet, block, id);
    if (found.size() != delay.size()) return std::nullopt;
    std::copy(found.begin(), found.end(), delay.begin());
    return delay;
}

} // namespace spillway::relay::rtp
