// Reading what a viewer reports (RFC 3550 section 6.4, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03,
// draft-holmer-rmcat-transport-wide-cc-extensions-01).
//
// Comes in: one decrypted compound or reduced-size RTCP packet from anybody who has the keys. Goes out: what
// it says, by a sink's functions. What is malformed is skipped from there on; no input reads out of bounds.
// Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

#include <cstdint>
#include <optional>

namespace spillway::relay::webrtc {

/// One report block about a stream of ours (RFC 3550 section 6.4.1).
struct ReceptionReport {
    std::uint32_t ssrc = 0;
    double fractionLost = 0;
    std::int32_t lost = 0; ///< packets in all
    std::uint32_t highestSequence = 0;
    std::uint32_t jitter = 0;               ///< in units of the stream's clock
    std::uint32_t lastReport = 0;           ///< middle 32 bits of our SR's NTP time; 0 is none
    std::uint32_t delaySinceLastReport = 0; ///< in 1/65536 s
};

/// Transport-wide feedback, summed up.
struct TransportFeedback {
    std::uint32_t received = 0;
    std::uint32_t missing = 0;
};

class FeedbackSink {
  public:
    virtual ~FeedbackSink() = default;
    virtual void onReport(const ReceptionReport& report) = 0;
    /// One lost packet, by the media stream's SSRC.
    virtual void onNack(std::uint32_t ssrc, std::uint16_t sequence) = 0;
    /// PLI or FIR.
    virtual void onKeyframeWanted(std::uint32_t ssrc) = 0;
    virtual void onBandwidth(std::uint64_t bitsPerSecond) = 0; ///< REMB
    virtual void onTransportFeedback(const TransportFeedback& feedback) = 0;
    virtual void onBye() = 0;
};

/// At most 256 lost packets are told of one RTCP packet.
void readFeedback(Bytes packet, FeedbackSink& sink);

/// Round trip by a report and our clock (RFC 3550 section 6.4.1), in seconds; nothing when the report knows
/// of no SR. `now` is the middle 32 bits of the NTP time.
std::optional<double> roundTrip(const ReceptionReport& report, std::uint32_t now);

} // namespace spillway::relay::webrtc
