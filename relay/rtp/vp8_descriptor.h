// The payload descriptor of VP8 (RFC 7741 section 4.2). To a viewer its picture ids and TL0PICIDX continue
// from one incarnation of a track to the next, because a decoder takes a jump for loss. Pure code, one thread
// at a time.
#pragma once

#include "relay/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace spillway::relay::rtp {

/// What it says, and where in the payload its numbers are.
struct Vp8Descriptor {
    std::size_t bytes = 0;       ///< 0 when it is cut short; nothing else is known of it then
    bool startsPicture = false;  ///< the packet begins the first partition
    std::size_t pictureIdAt = 0; ///< 0 is nowhere: no field is at the very front
    std::size_t tl0At = 0;
    std::uint16_t pictureMask = 0; ///< of the 7 or 15 bits of the picture id
    std::uint16_t pictureId = 0;
    std::uint8_t tl0 = 0;
};

Vp8Descriptor readVp8Descriptor(Bytes payload);

/// What is added to the numbers of one incarnation; not known before its first packet that has some.
struct Vp8Offsets {
    std::optional<std::uint16_t> pictureId;
    std::optional<std::uint8_t> tl0;
};

/// Writes the numbers as they were written when the packet was first sent.
void applyVp8Offsets(MutableBytes payload, const Vp8Offsets& offsets);

class Vp8Continuity {
  public:
    /// The same for a new packet. Offsets that are not known yet are set so that the numbers continue by 1;
    /// those of the first incarnation are 0. What an incarnation does not number is not numbered here.
    void rewrite(MutableBytes payload, Vp8Offsets& offsets);

  private:
    std::optional<std::uint16_t> pictureId_; ///< newest that was written
    std::optional<std::uint8_t> tl0_;
};

} // namespace spillway::relay::rtp
