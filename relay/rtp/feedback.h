// Reading what a viewer reports (RFC 3550 section 6.4, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03).
//
// Comes in: one decrypted compound or reduced-size RTCP packet from anybody who has the keys. Goes out: what
// it says that we use, in its order. From the first packet that is broken on, the rest is skipped. Pure code,
// any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace spillway::relay::rtp {

/// One report block about one of our streams (RFC 3550 section 6.4.1).
struct ReceptionReport {
    std::uint32_t ssrc = 0;
    double fractionLost = 0;
    std::int32_t lost = 0; ///< packets in all
    std::uint32_t highestSequence = 0;
    std::uint32_t jitter = 0;               ///< in units of the stream's clock
    std::uint32_t lastReport = 0;           ///< middle 32 bits of our SR's NTP time; 0 is none
    std::uint32_t delaySinceLastReport = 0; ///< in 1/65536 s
};

/// One packet that was lost.
struct Nack {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
};

/// PLI or FIR.
struct KeyframeWanted {
    std::uint32_t ssrc = 0;
};

/// REMB.
struct Bandwidth {
    std::uint64_t bitsPerSecond = 0;
};

using Feedback = std::variant<ReceptionReport, Nack, KeyframeWanted, Bandwidth>;

/// At most `maxLost` of them are Nacks.
std::vector<Feedback> readFeedback(Bytes packet);
constexpr std::size_t maxLost = 256;

/// Round trip by a report and our clock (RFC 3550 section 6.4.1), in seconds; nothing when the report knows
/// of no SR. `now` is ntpMiddle().
std::optional<double> roundTrip(const ReceptionReport& report, std::uint32_t now);

} // namespace spillway::relay::rtp
