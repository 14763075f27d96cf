#include "relay/rtp/feedback.h"

#include "relay/base/big_endian.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace spillway::relay::webrtc {

namespace {

enum PacketType : std::uint8_t {
    senderReport = 200,
    receiverReport = 201,
    goodbye = 203,
    transportFeedback = 205,
    payloadFeedback = 206
};
/// FMT of RFC 4585 section 6, RFC 5104 section 4.3.1 and the drafts of REMB and transport-wide feedback.
enum Format : std::uint8_t { nack = 1, pictureLoss = 1, fullIntra = 4, transportWide = 15, application = 15 };

constexpr std::size_t headBytes = 4;
constexpr std::size_t reportBlockBytes = 24;
constexpr std::size_t maxLost = 256;

struct RtcpPacket {
    std::uint8_t count; ///< or FMT
    std::uint8_t type;
    Bytes body; ///< behind the head, without padding
};

/// Takes the packet that `rest` begins with off it; nothing when it contradicts the length.
std::optional<RtcpPacket> takePacket(Bytes& rest) {
    if (rest.size() < headBytes || rest[0] >> 6 != 2) return std::nullopt;
    const std::size_t size = headBytes * (std::size_t{readU16(&rest[2])} + 1);
    if (size > rest.size()) return std::nullopt;
    const Bytes whole = rest.first(size);
    rest = rest.subspan(size);
    const std::size_t padding = (whole[0] & 0x20U) != 0 ? whole.back() : 0;
    if (padding > size - headBytes) return std::nullopt;
    return RtcpPacket{static_cast<std::uint8_t>(whole[0] & 0x1FU), whole[1],
                      whole.subspan(headBytes, size - headBytes - padding)};
}

std::int32_t signed24(std::uint32_t value) {
    return static_cast<std::int32_t>(value << 8) >> 8;
}

ReceptionReport readReport(Bytes block) {
    ReceptionReport report;
    report.ssrc = readU32(&block[0]);
    report.fractionLost = block[4] / 256.0;
    report.lost = signed24(readU32(&block[4]) & 0xFFFFFFU);
    report.highestSequence = readU32(&block[8]);
    report.jitter = readU32(&block[12]);
    report.lastReport = readU32(&block[16]);
    report.delaySinceLastReport = readU32(&block[20]);
    return report;
}

/// `before` bytes of SSRC and sender info come before the blocks.
void readReports(const RtcpPacket& packet, std::size_t before, FeedbackSink& sink) {
    if (packet.body.size() < before) return;
    Bytes rest = packet.body.subspan(before);
    for (unsigned i = 0; i < packet.count && rest.size() >= reportBlockBytes; ++i) {
        sink.onReport(readReport(rest.first(reportBlockBytes)));
        rest = rest.subspan(reportBlockBytes);
    }
}

/// RFC 4585 section 6.2.1: a lost packet, and a bit for each of the 16 behind it.
void readNacks(std::uint32_t ssrc, Bytes entries, std::size_t& told, FeedbackSink& sink) {
    for (; entries.size() >= 4; entries = entries.subspan(4)) {
        const std::uint16_t first = readU16(&entries[0]);
        const std::uint32_t lost = 1U | static_cast<std::uint32_t>(readU16(&entries[2])) << 1;
        for (unsigned i = 0; i <= 16; ++i) {
            if ((lost >> i & 1U) == 0) continue;
            if (told++ >= maxLost) return;
            sink.onNack(ssrc, static_cast<std::uint16_t>(first + i));
        }
    }
}

/// The symbols of one chunk of packet status, at most `left` of them; how many there were (the draft's
/// sections 3.1.3 and 3.1.4). 1 and 2 are received, 3 is reserved.
std::uint32_t readChunk(std::uint32_t chunk, std::uint32_t left, TransportFeedback& sum) {
    const auto add = [&sum](unsigned symbol, std::uint32_t times) {
        (symbol == 1 || symbol == 2 ? sum.received : sum.missing) += times;
    };
    if ((chunk & 0x8000U) == 0) {
        const std::uint32_t run = std::min(chunk & 0x1FFFU, left);
        add(chunk >> 13U & 3U, run);
        return run;
    }
    const bool wide = (chunk & 0x4000U) != 0;
    const std::uint32_t symbols = std::min(wide ? 7U : 14U, left);
    for (std::uint32_t i = 0; i < symbols; ++i)
        add(wide ? chunk >> (12U - 2U * i) & 3U : chunk >> (13U - i) & 1U, 1);
    return symbols;
}

/// Base sequence, number of packets, reference time, and then the chunks. The times are of no use here.
void readTransportFeedback(Bytes info, FeedbackSink& sink) {
    if (info.size() < 8) return;
    std::uint32_t left = readU16(&info[2]);
    TransportFeedback sum;
    for (Bytes chunks = info.subspan(8); left > 0; chunks = chunks.subspan(2)) {
        if (chunks.size() < 2) return;
        left -= readChunk(readU16(&chunks[0]), left, sum);
    }
    sink.onTransportFeedback(sum);
}

/// RFC 5104 section 4.3.1.1: whom it is for stands in the entries.
void readFullIntra(Bytes entries, FeedbackSink& sink) {
    for (; entries.size() >= 8; entries = entries.subspan(8))
        sink.onKeyframeWanted(readU32(&entries[0]));
}

/// `REMB`, number of SSRCs, exponent of 6 bits, mantissa of 18.
void readBandwidth(Bytes info, FeedbackSink& sink) {
    constexpr std::uint32_t name = 0x52454D42;
    if (info.size() < 8 || readU32(&info[0]) != name) return;
    const std::uint64_t mantissa = readU32(&info[4]) & 0x3FFFFU;
    const unsigned exponent = info[5] >> 2;
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    sink.onBandwidth(mantissa > most >> exponent ? most : mantissa << exponent);
}

/// RFC 4585 section 6.1: sender, media, then what the format says.
void readTypedFeedback(const RtcpPacket& packet, std::size_t& told, FeedbackSink& sink) {
    if (packet.body.size() < 8) return;
    const std::uint32_t media = readU32(&packet.body[4]);
    const Bytes info = packet.body.subspan(8);
    if (packet.type == transportFeedback) {
        if (packet.count == nack) readNacks(media, info, told, sink);
        if (packet.count == transportWide) readTransportFeedback(info, sink);
        return;
    }
    if (packet.count == pictureLoss) sink.onKeyframeWanted(media);
    if (packet.count == fullIntra) readFullIntra(info, sink);
    if (packet.count == application) readBandwidth(info, sink);
}

} // namespace

void readFeedback(Bytes packet, FeedbackSink& sink) {
    std::size_t told = 0;
    while (const auto part = takePacket(packet)) {
        switch (part->type) {
        case senderReport:
            readReports(*part, 24, sink);
            break;
        case receiverReport:
            readReports(*part, 4, sink);
            break;
        case goodbye:
            if (part->count > 0 && part->body.size() >= 4) sink.onBye();
            break;
        case transportFeedback:
        case payloadFeedback:
            readTypedFeedback(*part, told, sink);
            break;
        default:
            break;
        }
    }
}

std::optional<double> roundTrip(const ReceptionReport& report, std::uint32_t now) {
    if (report.lastReport == 0) return std::nullopt;
    const auto passed = static_cast<std::int32_t>(now - report.lastReport - report.delaySinceLastReport);
    if (passed < 0) return std::nullopt; // a clock was set, or the viewer does not tell the truth
    return passed / 65536.0;
}

} // namespace spillway::relay::webrtc
