#include "relay/rtp/vp8_descriptor.h"

#include "relay/base/big_endian.h"

namespace spillway::relay::rtp {

namespace {

constexpr std::uint16_t shortMask = 0x7F;
constexpr std::uint16_t longMask = 0x7FFF;

std::uint16_t pictureIdWith(const Vp8Descriptor& numbers, std::uint16_t offset) {
    return static_cast<std::uint16_t>(numbers.pictureId + offset) & numbers.pictureMask;
}

void write(MutableBytes payload, const Vp8Descriptor& numbers, const Vp8Offsets& offsets) {
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

Vp8Descriptor readVp8Descriptor(Bytes payload) {
    constexpr unsigned extended = 0x80, hasPictureId = 0x80, hasTl0 = 0x40, hasLayer = 0x30, isLong = 0x80;
    constexpr unsigned startAndPartition = 0x17; // S, the reserved bit and the three of PartID
    if (payload.empty()) return {};
    Vp8Descriptor read;
    read.startsPicture = (payload[0] & startAndPartition) == 0x10;
    const unsigned flags = (payload[0] & extended) != 0 && payload.size() > 1 ? payload[1] : 0;
    std::size_t at = (payload[0] & extended) != 0 ? 2 : 1;
    if ((flags & hasPictureId) != 0) {
        const bool isLongId = at < payload.size() && (payload[at] & isLong) != 0;
        const std::size_t idBytes = isLongId ? 2 : 1;
        if (at + idBytes > payload.size()) return {};
        read.pictureIdAt = at;
        read.pictureMask = isLongId ? longMask : shortMask;
        read.pictureId = isLongId ? readU16(&payload[at]) & longMask : payload[at];
        at += idBytes;
    }
    if ((flags & hasTl0) != 0) {
        if (at >= payload.size()) return {};
        read.tl0At = at;
        read.tl0 = payload[at++];
    }
    if ((flags & hasLayer) != 0) ++at; // TID and KEYIDX
    if (at > payload.size()) return {};
    read.bytes = at;
    return read;
}

void applyVp8Offsets(MutableBytes payload, const Vp8Offsets& offsets) {
    write(payload, readVp8Descriptor(payload), offsets);
}

void Vp8Continuity::rewrite(MutableBytes payload, Vp8Offsets& offsets) {
    const Vp8Descriptor numbers = readVp8Descriptor(payload);
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

} // namespace spillway::relay::rtp
