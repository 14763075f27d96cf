#include "relay/outputs/webrtc/media/packet_head.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/ntp.h"
#include "relay/rtp/packet.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace spillway::relay::webrtc {

namespace {

constexpr std::size_t blockHeadBytes = 4;
constexpr std::size_t firstElement = rtp::fixedHeaderBytes + blockHeadBytes;
constexpr std::size_t maxElement = 16;
constexpr std::uint8_t maxId = 14;
constexpr std::size_t sendTimeBytes = 3;
constexpr std::size_t transportSequenceBytes = 2;
constexpr std::size_t playoutDelayBytes = std::tuple_size_v<rtp::PlayoutDelay>;

// Each element has a byte before it, and the block ends on a word.
static_assert(firstElement % 4 == 0 && firstElement + (1 + maxElement) + (1 + sendTimeBytes) +
                                               (1 + transportSequenceBytes) + (1 + playoutDelayBytes) + 3 +
                                               originalSequenceBytes <=
                                           ViewerStream::maxHeader);

void writeU24(std::uint8_t* at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 16);
    writeU16(at + 1, static_cast<std::uint16_t>(value));
}

/// Of head and block; a block without elements is left out.
std::size_t sizeUpTo(std::size_t end) {
    return end == firstElement ? rtp::fixedHeaderBytes : (end + 3) / 4 * 4;
}

std::uint8_t elementHead(std::uint8_t id, std::size_t bytes) {
    return static_cast<std::uint8_t>(unsigned{id} << 4 | (bytes - 1));
}

} // namespace

std::uint32_t absSendTime(std::chrono::system_clock::time_point time) {
    return static_cast<std::uint32_t>(rtp::ntpTime(time) >> 14U & 0xFFFFFFU);
}

PacketHead::PacketHead(std::uint8_t payloadType, std::uint32_t ssrc, std::string_view mid, ExtensionIds ids)
    : end_(firstElement) {
    const rtp::HeaderBytes fixed = rtp::makeHeader(false, payloadType, 0, 0, ssrc);
    std::copy(fixed.begin(), fixed.end(), bytes_.begin());
    writeU16(&bytes_[rtp::fixedHeaderBytes], rtp::oneByteExtensions);
    if (!mid.empty() && mid.size() <= maxElement)
        if (const std::size_t at = place(ids.mid, mid.size()))
            std::copy(mid.begin(), mid.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    sendTimeAt_ = place(ids.absSendTime, sendTimeBytes);
    transportSequenceAt_ = place(ids.transportSequence, transportSequenceBytes);
    if (ids.playoutDelay <= maxId) playoutDelayId_ = ids.playoutDelay;
    size_ = sizeUpTo(end_);
    longSize_ = sizeUpTo(end_ + 1 + playoutDelayBytes);
}

std::size_t PacketHead::place(std::uint8_t id, std::size_t bytes) {
    if (id == 0 || id > maxId) return 0;
    bytes_[end_] = elementHead(id, bytes);
    const std::size_t at = end_ + 1;
    end_ = at + bytes;
    return at;
}

void PacketHead::write(std::uint8_t* into, const Numbers& numbers, std::uint16_t& transportSequence) const {
    const std::size_t bytes = size(numbers.playoutDelay.has_value());
    std::memcpy(into, bytes_.data(), bytes);
    if (numbers.marker) into[1] |= 0x80U;
    writeU16(into + 2, numbers.sequence);
    writeU32(into + 4, numbers.timestamp);
    if (bytes == rtp::fixedHeaderBytes) return;
    into[0] |= 0x10U;
    writeU16(into + rtp::fixedHeaderBytes + 2, static_cast<std::uint16_t>((bytes - firstElement) / 4));
    if (sendTimeAt_ != 0) writeU24(into + sendTimeAt_, numbers.sendTime);
    if (transportSequenceAt_ != 0) writeU16(into + transportSequenceAt_, transportSequence++);
    if (!numbers.playoutDelay || playoutDelayId_ == 0) return;
    into[end_] = elementHead(playoutDelayId_, playoutDelayBytes);
    std::copy(numbers.playoutDelay->begin(), numbers.playoutDelay->end(), into + end_ + 1);
}

} // namespace spillway::relay::webrtc
