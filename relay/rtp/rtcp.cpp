#include "relay/rtp/rtcp.h"

#include "relay/base/big_endian.h"

#include <algorithm>
#include <cstddef>

namespace spillway::relay {

namespace {

enum PacketType : std::uint8_t { senderReportType = 200, descriptionType = 202, goodbyeType = 203 };
constexpr std::uint8_t cnameItem = 1;
/// From 1900, where NTP begins, to 1970 (RFC 868).
constexpr std::uint64_t ntpEpoch = 2'208'988'800;

void append(std::vector<std::uint8_t>& packet, std::uint32_t value) {
    packet.resize(packet.size() + 4);
    writeU32(&packet[packet.size() - 4], value);
}

/// `words` of four bytes follow.
void appendHead(std::vector<std::uint8_t>& packet, std::uint8_t count, PacketType type, std::size_t words) {
    append(packet, 2U << 30 | static_cast<std::uint32_t>(count) << 24 |
                       static_cast<std::uint32_t>(type) << 16 | static_cast<std::uint32_t>(words));
}

void appendTime(std::vector<std::uint8_t>& packet, std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(time);
    const auto rest = static_cast<std::uint64_t>(duration_cast<nanoseconds>(time - whole).count());
    append(packet, static_cast<std::uint32_t>(static_cast<std::uint64_t>(whole.time_since_epoch().count()) +
                                              ntpEpoch));
    append(packet, static_cast<std::uint32_t>((rest << 32) / 1'000'000'000));
}

void appendDescription(std::vector<std::uint8_t>& packet, std::uint32_t ssrc, std::string_view cname) {
    cname = cname.substr(0, 255);
    // The item, at least one zero byte, and up to the next word.
    const std::size_t itemWords = (2 + cname.size()) / 4 + 1;
    appendHead(packet, 1, descriptionType, 1 + itemWords);
    append(packet, ssrc);
    const std::size_t at = packet.size();
    packet.resize(at + 4 * itemWords);
    packet[at] = cnameItem;
    packet[at + 1] = static_cast<std::uint8_t>(cname.size());
    std::copy(cname.begin(), cname.end(), packet.begin() + static_cast<std::ptrdiff_t>(at) + 2);
}

} // namespace

std::vector<std::uint8_t> senderReport(const SenderReport& report, std::string_view cname) {
    std::vector<std::uint8_t> packet;
    appendHead(packet, 0, senderReportType, 6);
    append(packet, report.ssrc);
    appendTime(packet, report.wallTime);
    append(packet, report.rtpTime);
    append(packet, report.packets);
    append(packet, report.octets);
    appendDescription(packet, report.ssrc, cname);
    return packet;
}

std::vector<std::uint8_t> goodbye(const SenderReport& report, std::string_view cname) {
    auto packet = senderReport(report, cname);
    appendHead(packet, 1, goodbyeType, 1);
    append(packet, report.ssrc);
    return packet;
}

} // namespace spillway::relay
