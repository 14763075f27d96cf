// Writing the RTCP packets of a sender (RFC 3550 section 6): reports that relate RTP time to wall time, and
// the end.
#pragma once

#include <chrono>
#include <cstdint>
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

} // namespace spillway::relay::rtp
