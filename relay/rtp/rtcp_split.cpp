#include "relay/rtp/rtcp_split.h"

#include "relay/base/bytes.h"

#include <optional>

namespace spillway::relay {

namespace {

enum PacketType : std::uint8_t { senderReport = 200, receiverReport = 201, sourceDescription = 202 };
constexpr std::uint8_t transportFeedback = 205; // RFC 4585 section 6.1
constexpr std::uint8_t payloadFeedback = 206;
constexpr std::size_t headerBytes = 4;
constexpr std::size_t emptyReportBytes = 8;
constexpr std::uint8_t version2 = 0x80;

std::uint8_t typeOf(Bytes packet) {
    return packet[1];
}
std::size_t countOf(Bytes packet) {
    return packet[0] & 0x1fU;
}
bool isFeedback(Bytes packet) {
    return typeOf(packet) == transportFeedback || typeOf(packet) == payloadFeedback;
}
bool isReport(Bytes packet) {
    return typeOf(packet) == senderReport || typeOf(packet) == receiverReport;
}

/// The packets of a compound; nothing when their lengths do not add up.
std::optional<std::vector<Bytes>> parse(Bytes compound) {
    std::vector<Bytes> packets;
    while (!compound.empty()) {
        if (compound.size() < emptyReportBytes) return std::nullopt;
        const std::size_t words = static_cast<std::size_t>(compound[2]) << 8U | compound[3];
        const std::size_t size = headerBytes + words * 4;
        if ((compound[0] & 0xc0U) != version2 || size < emptyReportBytes || size > compound.size())
            return std::nullopt;
        packets.push_back(compound.first(size));
        compound = compound.subspan(size);
    }
    return packets;
}

void append(std::vector<std::uint8_t>& packet, Bytes bytes) {
    packet.insert(packet.end(), bytes.begin(), bytes.end());
}

/// The sender's SSRC stands at the same place in every packet but SDES.
std::vector<std::uint8_t> emptyReport(Bytes feedback) {
    std::vector<std::uint8_t> report{version2, receiverReport, 0, 1};
    append(report, feedback.subspan(headerBytes, 4));
    return report;
}

} // namespace

std::vector<std::vector<std::uint8_t>> splitFeedback(std::span<const std::uint8_t> compound) {
    const auto packets = parse(compound);
    if (!packets) return {};
    std::size_t feedbacks = 0;
    std::size_t reports = 0;
    std::vector<std::uint8_t> rest;
    std::vector<std::uint8_t> description;
    for (const Bytes packet : *packets) {
        if (isFeedback(packet)) {
            ++feedbacks;
            continue;
        }
        if (isReport(packet)) reports += countOf(packet);
        if (typeOf(packet) == sourceDescription) append(description, packet);
        append(rest, packet);
    }
    if (feedbacks == 0 || (feedbacks == 1 && reports == 0)) return {};
    std::vector<std::vector<std::uint8_t>> result;
    if (!rest.empty()) result.push_back(std::move(rest));
    for (const Bytes packet : *packets) {
        if (!isFeedback(packet)) continue;
        result.push_back(emptyReport(packet));
        append(result.back(), description);
        append(result.back(), packet);
    }
    return result;
}

} // namespace spillway::relay
