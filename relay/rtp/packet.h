// Reading RTP packets, and writing our own fixed header (RFC 3550 section 5.1). Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/rtp/extensions.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace spillway::relay::rtp {

constexpr std::size_t fixedHeaderBytes = 12;
using HeaderBytes = std::array<std::uint8_t, fixedHeaderBytes>;

/// Whether sequence number `a` comes after `b`, around which they wrap.
constexpr bool isAhead(std::uint16_t a, std::uint16_t b) {
    return a != b && static_cast<std::uint16_t>(a - b) < 0x8000;
}

/// What a packet says, and where its parts are. The marker of a track reads it once; it then travels with the
/// frame.
struct Packet {
    bool marker = false;
    std::uint8_t payloadType = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t extensionOffset = 0; ///< of the block with the header extensions; 0 when there is none
    std::uint32_t payloadOffset = 0;   ///< behind CSRCs and header extensions
    std::uint32_t payloadBytes = 0;    ///< without padding
    std::optional<PlayoutDelay> playoutDelay;

    Bytes payload(Bytes whole) const { return whole.subspan(payloadOffset, payloadBytes); }
};

/// Nothing when the bytes are no packet of version 2, or contradict their length. With an id of 0 there is no
/// playout delay.
std::optional<Packet> readPacket(Bytes bytes, std::uint8_t playoutDelayId = 0);

/// Where the payload begins, behind CSRCs and header extensions; nothing when the header is longer than the
/// packet, or of another version. The payload itself, padding included, is not looked at: it may be
/// encrypted.
std::optional<std::size_t> payloadOffset(Bytes packet);

/// The packet without its list of CSRCs: its header moves up to what follows them. For a packet whose
/// payloadOffset() is known.
MutableBytes withoutCsrcs(MutableBytes packet);

/// A header without CSRC, extension and padding.
HeaderBytes makeHeader(bool marker, std::uint8_t payloadType, std::uint16_t sequence, std::uint32_t timestamp,
                       std::uint32_t ssrc);

} // namespace spillway::relay::rtp
