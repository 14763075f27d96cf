// The RTCP packets of a sender (RFC 3550 section 6): reports that relate RTP time to wall time, read and
// written, and the end.
#pragma once

#include "relay/base/bytes.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::relay::rtp {

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::chrono::system_clock::time_point wallTime; ///< at which …
    std::uint32_t rtpTime = 0;                      ///< … this would be sampled
    std::uint32_t packets = 0;
    std::uint32_t octets = 0; ///< of payload
};

/// A compound packet: sender report and the CNAME (at most 255 bytes of it), by which receivers find what
/// belongs together.
std::vector<std::uint8_t> senderReport(const SenderReport& report, std::string_view cname);
/// The same and a BYE.
std::vector<std::uint8_t> goodbye(const SenderReport& report, std::string_view cname);

/// What another sender reports.
struct HeardReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntpTime = 0; ///< of the sender's clock, at which …
    std::uint32_t rtpTime = 0; ///< … this would be sampled
    std::string cname;         ///< empty when the packet tells none
};

/// Of the sender report that a compound packet begins with; nothing when it begins with something else or is
/// broken.
std::optional<HeardReport> readSenderReport(Bytes compound);

/// Everybody of whom a session keeps something when it hears that compound: senders of reports, and who is
/// described. Nothing when it is broken.
std::optional<std::vector<std::uint32_t>> reportedSources(Bytes compound);

} // namespace spillway::relay::rtp
