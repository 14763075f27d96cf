#include "relay/rtp/sender_report.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/ntp.h"
#include "relay/rtp/rtcp.h"
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

/// The CNAME in a list of items, if there is one; goes on behind the list, or to the end.
std::string takeItems(Bytes& rest) {
    std::string cname;
    std::size_t at = 4;
    while (at + 2 <= rest.size() && rest[at] != 0) {
        const std::size_t end = at + 2 + rest[at + 1];
        if (end > rest.size()) break;
        if (rest[at] == cnameItem)
            cname.assign(rest.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                         rest.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
    }
    // At least one zero byte, and up to the next word.
    rest = rest.subspan(std::min(rest.size(), (at / 4 + 1) * 4));
    return cname;
}

/// Section 6.5: chunks of an SSRC and its items.
std::string cnameOf(std::uint32_t ssrc, Bytes chunks) {
    while (chunks.size() >= 8) {
        const bool isMeant = readU32(chunks.data()) == ssrc;
        if (auto cname = takeItems(chunks); isMeant) return cname;
    }
    return {};
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

std::optional<HeardReport> readSenderReport(Bytes compound) {
    constexpr std::size_t infoBytes = 4 + 20;
    const auto packets = readCompound(compound);
    if (!packets || packets->empty()) return std::nullopt;
    const RtcpPacket& first = packets->front();
    if (first.type != RtcpType::senderReport || first.body.size() < infoBytes) return std::nullopt;
    HeardReport report;
    report.ssrc = readU32(first.body.data());
    report.ntpTime = std::uint64_t{readU32(&first.body[4])} << 32U | readU32(&first.body[8]);
    report.rtpTime = readU32(&first.body[12]);
    for (const RtcpPacket& packet : *packets)
        if (packet.type == RtcpType::sourceDescription && report.cname.empty())
            report.cname = cnameOf(report.ssrc, packet.body);
    return report;
}

std::optional<std::vector<std::uint32_t>> reportedSources(Bytes compound) {
    const auto packets = readCompound(compound);
    if (!packets) return std::nullopt;
    std::vector<std::uint32_t> sources;
    for (const RtcpPacket& packet : *packets) {
        Bytes rest = packet.body;
        if (packet.isReport() && rest.size() >= 4) sources.push_back(readU32(rest.data()));
        // An SSRC without items is none (section 6.5), but others may take it for one.
        while (packet.type == RtcpType::sourceDescription && rest.size() >= 4) {
            sources.push_back(readU32(rest.data()));
            takeItems(rest);
        }
    }
    return sources;
}

} // namespace spillway::relay::rtp
