#include "relay/rtp/rtcp_split.h"

#include "relay/rtp/rtcp.h"
#include "relay/rtp/rtcp_writer.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::rtp {

namespace {

constexpr std::size_t ssrcBytes = 4;

void append(std::vector<std::uint8_t>& packet, Bytes bytes) {
    packet.insert(packet.end(), bytes.begin(), bytes.end());
}

/// Whether a receiver that looks at the first SSRC alone would take the compound for one about another
/// stream.
bool misleads(const std::vector<RtcpPacket>& packets) {
    std::size_t feedbacks = 0;
    std::size_t reports = 0;
    for (const RtcpPacket& packet : packets) {
        if (packet.isFeedback()) ++feedbacks;
        if (packet.isReport()) reports += packet.count;
    }
    return feedbacks > 1 || (feedbacks == 1 && reports > 0);
}

bool namesSender(const RtcpPacket& packet) {
    return packet.body.size() >= ssrcBytes;
}

} // namespace

std::vector<std::vector<std::uint8_t>> splitFeedback(Bytes compound) {
    const auto packets = readCompound(compound);
    if (!packets || !std::all_of(packets->begin(), packets->end(), namesSender) || !misleads(*packets))
        return {};
    std::vector<std::uint8_t> rest;
    std::vector<std::uint8_t> description;
    for (const RtcpPacket& packet : *packets) {
        if (packet.type == RtcpType::sourceDescription) append(description, packet.whole);
        if (!packet.isFeedback()) append(rest, packet.whole);
    }
    std::vector<std::vector<std::uint8_t>> result;
    if (!rest.empty()) result.push_back(std::move(rest));
    for (const RtcpPacket& packet : *packets) {
        if (!packet.isFeedback()) continue;
        result.push_back(emptyReport(readU32(packet.body.data()))); // its sender
        append(result.back(), description);
        append(result.back(), packet.whole);
    }
    return result;
}

} // namespace spillway::relay::rtp
