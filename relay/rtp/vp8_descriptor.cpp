#include "relay/rtp/vp8_descriptor.h"

#include "relay/base/big_endian.h"

namespace spillway::relay::webrtc {

namespace {

constexpr std::uint16_t shortMask = 0x7F;
constexpr std::uint16_t longMask = 0x7FFF;

std::uint16_t pictureIdWith(const Vp8Numbers& numbers, std::uint16_t offset) {
    return static_cast<std::uint16_t>(numbers.pictureId + offset) & numbers.pictureMask;
}

void write(MutableBytes payload, const Vp8Numbers& numbers, const Vp8Offsets& offsets) {
    if (numbers.pictureIdAt != 0 && offsets.pictureId) {
        const std::uint16_t id = pictureIdWith(numbers, *offsets.pictureId);
        if (numbers.pictureMask == longMask)
            writeU16(&payload[numbers.pictureIdAt], static_cast<std::uint16_t>(0x8000U | id));
        else
            payload[numbers.pictureIdAt] = static_cast<std::uint8_t>(id);
    }
    if (numbers.tl0At != 0 && offsets.tl0)
        payload[numbers.tl0At] = static_cast<std::uint8_t>(numbers.tl0 + *offsets.tl0);
}

} // namespace

Vp8Numbers readVp8Numbers(Bytes payload) {
    constexpr unsigned extended = 0x80, hasPictureId = 0x80, hasTl0 = 0x40, isLong = 0x80;
    if (payload.size() < 2 || (payload[0] & extended) == 0) return {};
    Vp8Numbers numbers;
    std::size_t at = 2;
    if ((payload[1] & hasPictureId) != 0) {
        if (at >= payload.size()) return {};
        const bool isLongId = (payload[at] & isLong) != 0;
        if (isLongId && at + 1 >= payload.size()) return {};
        numbers.pictureIdAt = at;
        numbers.pictureMask = isLongId ? longMask : shortMask;
        numbers.pictureId = isLongId ? readU16(&payload[at]) & longMask : payload[at];
        at += isLongId ? 2 : 1;
    }
    if ((payload[1] & hasTl0) != 0) {
        if (at >= payload.size()) return {};
        numbers.tl0At = at;
        numbers.tl0 = payload[at];
    }
    return numbers;
}

void applyVp8Offsets(MutableBytes payload, const Vp8Offsets& offsets) {
    write(payload, readVp8Numbers(payload), offsets);
}

void Vp8Continuity::rewrite(MutableBytes payload, Vp8Offsets& offsets) {
    const Vp8Numbers numbers = readVp8Numbers(payload);
    if (numbers.pictureIdAt != 0) {
        if (!offsets.pictureId)
            offsets.pictureId =
                pictureId_ ? static_cast<std::uint16_t>(*pictureId_ + 1 - numbers.pictureId) : 0;
        const std::uint16_t id = pictureIdWith(numbers, *offsets.pictureId);
        // Not back for a packet that came late: half of the circle is ahead.
        if (!pictureId_ || ((id - *pictureId_) & numbers.pictureMask) <= numbers.pictureMask / 2)
            pictureId_ = id;
    }
    if (numbers.tl0At != 0) {
        if (!offsets.tl0) offsets.tl0 = tl0_ ? static_cast<std::uint8_t>(*tl0_ + 1 - numbers.tl0) : 0;
        const auto tl0 = static_cast<std::uint8_t>(numbers.tl0 + *offsets.tl0);
        if (!tl0_ || static_cast<std::int8_t>(tl0 - *tl0_) > 0) tl0_ = tl0;
    }
    write(payload, numbers, offsets);
}

} // namespace spillway::relay::webrtc
