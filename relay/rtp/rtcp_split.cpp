#include "relay/rtp/rtcp_split.h"

#include "relay/rtp/rtcp_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace spillway::relay::rtp {

namespace {

constexpr std::size_t ssrcBytes = 4;
/// Of a report block, without the times that a round trip is made of: told again later, they would add to it.
constexpr std::size_t untimedBytes = 16;

void append(std::vector<std::uint8_t>& packet, Bytes bytes) {
    packet.insert(packet.end(), bytes.begin(), bytes.end());
}

bool namesSender(const RtcpPacket& packet) {
    return packet.body.size() >= ssrcBytes;
}

/// The report blocks of a report, whole ones.
Bytes blocksOf(const RtcpPacket& report) {
    constexpr std::size_t senderInfoBytes = 20;
    const std::size_t begin = ssrcBytes + (report.type == RtcpType::senderReport ? senderInfoBytes : 0);
    return report.body.subspan(std::min(begin, report.body.size()));
}

/// The stream that a payload feedback message is about (RFC 4585 section 6.1); none where its head names
/// none.
std::optional<std::uint32_t> streamOf(const RtcpPacket& feedback) {
    if (feedback.type != RtcpType::payloadFeedback || feedback.body.size() < 2 * ssrcBytes)
        return std::nullopt;
    const std::uint32_t media = readU32(&feedback.body[ssrcBytes]);
    return media == 0 ? std::nullopt : std::optional(media);
}

/// The stream that all of its reports are about; none without reports, and where they are about several.
std::optional<std::uint32_t> onlyReported(const std::vector<RtcpPacket>& packets) {
    std::optional<std::uint32_t> only;
    for (const RtcpPacket& packet : packets) {
        if (!packet.isReport() || packet.count == 0) continue;
        const Bytes blocks = blocksOf(packet);
        if (only || packet.count > 1 || blocks.size() < ssrcBytes) return std::nullopt;
        only = readU32(blocks.data());
    }
    return only;
}

std::size_t blocksIn(const std::vector<RtcpPacket>& packets) {
    std::size_t blocks = 0;
    for (const RtcpPacket& packet : packets)
        if (packet.isReport()) blocks += packet.count;
    return blocks;
}

/// Whether it is no feedback, and more than what each part begins with.
bool saysMore(const RtcpPacket& packet) {
    const bool isEmptyReport = packet.type == RtcpType::receiverReport && packet.count == 0;
    return !packet.isFeedback() && !isEmptyReport && packet.type != RtcpType::sourceDescription;
}

/// Whether a receiver that looks at the first SSRC alone would take the compound for one about another
/// stream.
bool misleads(const std::vector<RtcpPacket>& packets) {
    const auto isFeedback = [](const RtcpPacket& packet) { return packet.isFeedback(); };
    const auto feedbacks = std::count_if(packets.begin(), packets.end(), isFeedback);
    if (feedbacks != 1) return feedbacks > 1;
    const auto stream = streamOf(*std::find_if(packets.begin(), packets.end(), isFeedback));
    return stream ? onlyReported(packets) != stream : blocksIn(packets) > 0;
}

} // namespace

std::vector<std::vector<std::uint8_t>> FeedbackSplitter::split(Bytes compound) {
    const auto packets = readCompound(compound);
    if (!packets || !std::all_of(packets->begin(), packets->end(), namesSender)) return {};
    for (const RtcpPacket& packet : *packets)
        if (packet.isReport()) note(packet);
    if (!misleads(*packets)) return {};
    std::vector<std::uint8_t> rest;
    std::vector<std::uint8_t> description;
    for (const RtcpPacket& packet : *packets) {
        if (packet.type == RtcpType::sourceDescription) append(description, packet.whole);
        if (!packet.isFeedback()) append(rest, packet.whole);
    }
    std::vector<std::vector<std::uint8_t>> result;
    if (std::any_of(packets->begin(), packets->end(), saysMore)) result.push_back(std::move(rest));
    for (const RtcpPacket& packet : *packets) {
        if (!packet.isFeedback()) continue;
        result.push_back(reportFor(packet));
        append(result.back(), description);
        append(result.back(), packet.whole);
    }
    return result;
}

void FeedbackSplitter::note(const RtcpPacket& report) {
    Bytes blocks = blocksOf(report);
    for (unsigned i = 0; i < report.count && blocks.size() >= blockBytes; ++i) {
        const std::uint32_t ssrc = readU32(blocks.data());
        if (reported_.size() >= maxBlocks && !reported_.contains(ssrc)) reported_.clear();
        std::copy_n(blocks.begin(), untimedBytes, reported_[ssrc].begin());
        blocks = blocks.subspan(blockBytes);
    }
}

std::vector<std::uint8_t> FeedbackSplitter::reportFor(const RtcpPacket& feedback) const {
    const std::uint32_t sender = readU32(feedback.body.data());
    const auto stream = streamOf(feedback);
    if (!stream) return emptyReport(sender);
    std::array<std::uint8_t, blockBytes> block{};
    writeU32(block.data(), *stream);
    if (const auto found = reported_.find(*stream); found != reported_.end()) block = found->second;
    std::vector<std::uint8_t> report;
    appendHead(report, 1, RtcpType::receiverReport, (ssrcBytes + blockBytes) / 4);
    append(report, sender);
    append(report, block);
    return report;
}

} // namespace spillway::relay::rtp
