#include "relay/rtp/sender_report.h"

#include "relay/rtp/ntp.h"
#include "relay/rtp/rtcp_writer.h"

#include <algorithm>
#include <cstddef>

namespace spillway::relay::rtp {

namespace {

constexpr std::uint8_t cnameItem = 1;

void appendDescription(std::vector<std::uint8_t>& packet, std::uint32_t ssrc, std::string_view cname) {
    cname = cname.substr(0, 255);
    // The item, at least one zero byte, and up to the next word.
    const std::size_t itemWords = (2 + cname.size()) / 4 + 1;
    appendHead(packet, 1, RtcpType::sourceDescription, 1 + itemWords);
    append(packet, ssrc);
    const std::size_t at = packet.size();
    packet.resize(at + 4 * itemWords);
    packet[at] = cnameItem;
    packet[at + 1] = static_cast<std::uint8_t>(cname.size());
    std::copy(cname.begin(), cname.end(), packet.begin() + static_cast<std::ptrdiff_t>(at) + 2);
}

} // namespace

std::vector<std::uint8_t> senderReport(const SenderReport& report, std::string_view cname) {
    const std::uint64_t time = ntpTime(report.wallTime);
    std::vector<std::uint8_t> packet;
    appendHead(packet, 0, RtcpType::senderReport, 6);
    append(packet, report.ssrc);
    append(packet, static_cast<std::uint32_t>(time >> 32U));
    append(packet, static_cast<std::uint32_t>(time));
    append(packet, report.rtpTime);
    append(packet, report.packets);
    append(packet, report.octets);
    appendDescription(packet, report.ssrc, cname);
    return packet;
}

std::vector<std::uint8_t> goodbye(const SenderReport& report, std::string_view cname) {
    auto packet = senderReport(report, cname);
    appendHead(packet, 1, RtcpType::goodbye, 1);
    append(packet, report.ssrc);
    return packet;
}

} // namespace spillway::relay::rtp
