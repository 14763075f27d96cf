// RTCP packets and the compounds they are sent in (RFC 3550 section 6, RFC 4585 section 6.1).
//
// Comes in: bytes from anybody. Goes out: views of its packets, none of which reaches beyond them. Pure code,
// any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace spillway::relay::rtp {

/// What a packet is. One off the wire may be something else.
enum class RtcpType : std::uint8_t {
    senderReport = 200,
    receiverReport = 201,
    sourceDescription = 202,
    goodbye = 203,
    transportFeedback = 205,
    payloadFeedback = 206
};

constexpr std::size_t rtcpHeadBytes = 4;
/// With the SSRC of the sender, which no packet of those above lacks.
constexpr std::size_t rtcpHeaderBytes = 8;

struct RtcpPacket {
    RtcpType type;
    std::uint8_t count; ///< of report blocks or sources; the format (FMT) of feedback
    Bytes whole;
    Bytes body; ///< behind the head, before the padding

    bool isReport() const { return type == RtcpType::senderReport || type == RtcpType::receiverReport; }
    bool isFeedback() const {
        return type == RtcpType::transportFeedback || type == RtcpType::payloadFeedback;
    }
};

/// Takes the packet that `rest` begins with off it. Nothing when that is cut off, of another version, or
/// padded with more than it has.
std::optional<RtcpPacket> takeRtcp(Bytes& rest);

/// All packets of a compound; nothing when one of them is broken.
std::optional<std::vector<RtcpPacket>> readCompound(Bytes compound);

/// The sender of the report that a compound begins with; nothing when it begins with something else.
std::optional<std::uint32_t> reportingSender(Bytes compound);

} // namespace spillway::relay::rtp
