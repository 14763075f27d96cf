// The head of the packets of one SSRC: fixed header, and an extension block whose places are the same in each
// packet, so that all but the numbers is written once and packets of a frame can be of one size.
#pragma once

#include "relay/outputs/webrtc/media/viewer_stream.h"
#include "relay/rtp/extensions.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spillway::relay::webrtc {

/// Of an RTX packet, before what it repeats: the number that it had (RFC 4588 section 4).
constexpr std::size_t originalSequenceBytes = 2;

/// Wall time as in the extension abs-send-time: seconds in 24 bits, 18 of them behind the point.
std::uint32_t absSendTime(std::chrono::system_clock::time_point time);

class PacketHead {
  public:
    /// What changes from packet to packet.
    struct Numbers {
        bool marker;
        std::uint16_t sequence;
        std::uint32_t timestamp;
        std::uint32_t sendTime; ///< with hasSendTime() alone
        std::optional<rtp::PlayoutDelay> playoutDelay;
    };

    /// A mid of more than 16 bytes has no place in a one-byte header and is left out.
    PacketHead(std::uint8_t payloadType, std::uint32_t ssrc, std::string_view mid, ExtensionIds ids);

    /// Bytes that write() writes.
    std::size_t size(bool withPlayoutDelay) const {
        return withPlayoutDelay && playoutDelayId_ != 0 ? longSize_ : size_;
    }
    bool hasSendTime() const { return sendTimeAt_ != 0; }
    void write(std::uint8_t* into, const Numbers& numbers, std::uint16_t& transportSequence) const;

  private:
    std::size_t place(std::uint8_t id, std::size_t bytes);

    std::array<std::uint8_t, ViewerStream::maxHeader> bytes_{};
    std::size_t end_; ///< of the elements that each packet has
    std::size_t size_ = 0;
    std::size_t longSize_ = 0;   ///< with playout delay
    std::size_t sendTimeAt_ = 0; ///< 0 is nowhere
    std::size_t transportSequenceAt_ = 0;
    std::uint8_t playoutDelayId_ = 0;
};

} // namespace spillway::relay::webrtc
