#include "relay/rtp/feedback.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/rtcp.h"

#include <limits>

namespace spillway::relay::rtp {

namespace {

/// FMT of transport feedback (RFC 4585 section 6.2).
enum TransportFormat : std::uint8_t { nack = 1 };
/// FMT of payload feedback (RFC 4585 section 6.3, RFC 5104 section 4.3.1); REMB is `application`.
enum PayloadFeedbackFormat : std::uint8_t { pictureLoss = 1, fullIntra = 4, application = 15 };

constexpr std::size_t reportBlockBytes = 24;

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

/// Puts together what the packets of a compound say.
class Reader {
  public:
    void read(const RtcpPacket& packet);
    std::vector<Feedback> take() { return std::move(said_); }

  private:
    void readReports(const RtcpPacket& packet, std::size_t before);
    void readTransportFeedback(const RtcpPacket& packet);
    void readPayloadFeedback(const RtcpPacket& packet);
    void readNacks(std::uint32_t ssrc, Bytes entries);
    void readFullIntra(Bytes entries);
    void readBandwidth(Bytes info);

    std::vector<Feedback> said_;
    std::size_t lost_ = 0;
};

void Reader::read(const RtcpPacket& packet) {
    switch (packet.type) {
    case RtcpType::senderReport:
        return readReports(packet, 24);
    case RtcpType::receiverReport:
        return readReports(packet, 4);
    case RtcpType::transportFeedback:
        return readTransportFeedback(packet);
    case RtcpType::payloadFeedback:
        return readPayloadFeedback(packet);
    case RtcpType::sourceDescription:
    case RtcpType::goodbye: // of one source; a viewer that leaves closes its DTLS, or its consent ends
        return;
    }
}

/// `before` bytes of SSRC and sender info come before the blocks.
void Reader::readReports(const RtcpPacket& packet, std::size_t before) {
    if (packet.body.size() < before) return;
    Bytes rest = packet.body.subspan(before);
    for (unsigned i = 0; i < packet.count && rest.size() >= reportBlockBytes; ++i) {
        said_.emplace_back(readReport(rest.first(reportBlockBytes)));
        rest = rest.subspan(reportBlockBytes);
    }
}

/// RFC 4585 section 6.1: sender, media, then what the format says.
void Reader::readTransportFeedback(const RtcpPacket& packet) {
    if (packet.body.size() < 8 || packet.count != nack) return;
    readNacks(readU32(&packet.body[4]), packet.body.subspan(8));
}

void Reader::readPayloadFeedback(const RtcpPacket& packet) {
    if (packet.body.size() < 8) return;
    const Bytes info = packet.body.subspan(8);
    if (packet.count == pictureLoss) said_.emplace_back(KeyframeWanted{readU32(&packet.body[4])});
    if (packet.count == fullIntra) readFullIntra(info);
    if (packet.count == application) readBandwidth(info);
}

/// RFC 4585 section 6.2.1: a lost packet, and a bit for each of the 16 behind it.
void Reader::readNacks(std::uint32_t ssrc, Bytes entries) {
    for (; entries.size() >= 4; entries = entries.subspan(4)) {
        const std::uint16_t first = readU16(&entries[0]);
        const std::uint32_t lost = 1U | static_cast<std::uint32_t>(readU16(&entries[2])) << 1;
        for (unsigned i = 0; i <= 16; ++i) {
            if ((lost >> i & 1U) == 0) continue;
            if (lost_ == maxLost) return;
            ++lost_;
            said_.emplace_back(Nack{ssrc, static_cast<std::uint16_t>(first + i)});
        }
    }
}

/// RFC 5104 section 4.3.1.1: whom it is for stands in the entries.
void Reader::readFullIntra(Bytes entries) {
    for (; entries.size() >= 8; entries = entries.subspan(8))
        said_.emplace_back(KeyframeWanted{readU32(&entries[0])});
}

/// `REMB`, number of SSRCs, exponent of 6 bits, mantissa of 18.
void Reader::readBandwidth(Bytes info) {
    constexpr std::uint32_t name = 0x52454D42;
    if (info.size() < 8 || readU32(&info[0]) != name) return;
    const std::uint64_t mantissa = readU32(&info[4]) & 0x3FFFFU;
    const unsigned exponent = info[5] >> 2;
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    said_.emplace_back(Bandwidth{mantissa > most >> exponent ? most : mantissa << exponent});
}

} // namespace

std::vector<Feedback> readFeedback(Bytes packet) {
    Reader reader;
    while (const auto part = takeRtcp(packet))
        reader.read(*part);
    return reader.take();
}

std::optional<double> roundTrip(const ReceptionReport& report, std::uint32_t now) {
    if (report.lastReport == 0) return std::nullopt;
    const auto passed = static_cast<std::int32_t>(now - report.lastReport - report.delaySinceLastReport);
    if (passed < 0) return std::nullopt; // a clock was set, or the viewer reports nonsense
    return passed / 65536.0;
}

} // namespace spillway::relay::rtp
