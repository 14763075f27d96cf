#include "relay/rtp/keyframe.h"

#include "relay/base/bytes.h"

namespace spillway::relay {

namespace {

std::size_t big16(Bytes bytes, std::size_t at) {
    return static_cast<std::size_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t big32(Bytes bytes, std::size_t at) {
    return static_cast<std::uint32_t>(big16(bytes, at) << 16 | big16(bytes, at + 2));
}

/// Length of the VP8 payload descriptor, RFC 7741 section 4.2; 0 when it is cut short.
std::size_t vp8DescriptorLength(Bytes payload) {
    constexpr unsigned extended = 0x80, pictureId = 0x80, tl0PicIdx = 0x40, tid = 0x20, keyIdx = 0x10;
    if (payload.empty()) return 0;
    if (!(payload[0] & extended)) return 1;
    if (payload.size() < 2) return 0;
    const unsigned flags = payload[1];
    std::size_t length = 2;
    if (flags & pictureId) {
        if (payload.size() <= length) return 0;
        length += payload[length] & 0x80 ? 2U : 1U;
    }
    if (flags & tl0PicIdx) ++length;
    if (flags & (tid | keyIdx)) ++length;
    return length;
}

bool vp8Starts(Bytes payload) {
    constexpr unsigned startAndPartition = 0x17; // S, and the three bits of PartID beside the reserved one
    const std::size_t length = vp8DescriptorLength(payload);
    if (length == 0 || payload.size() <= length) return false;
    const bool firstOfFrame = (payload[0] & startAndPartition) == 0x10;
    return firstOfFrame && (payload[length] & 0x01) == 0; // P of the payload header: 0 is a key frame
}

/// RFC 9628 section 4.2: I P L F B E V Z, then PictureID, then TID U SID D.
bool vp9Starts(Bytes payload) {
    constexpr unsigned hasPictureId = 0x80, predicted = 0x40, hasLayers = 0x20, begins = 0x08;
    if (payload.empty() || payload[0] & predicted || !(payload[0] & begins)) return false;
    if (!(payload[0] & hasLayers)) return true;
    std::size_t at = 1;
    if (payload[0] & hasPictureId) {
        if (payload.size() <= at) return false;
        at += payload[at] & 0x80 ? 2U : 1U;
    }
    return payload.size() > at &&
           (payload[at] >> 1 & 0x07) == 0; // SID: only the base layer can be decoded alone
}

bool isH264Start(unsigned nalType) {
    return nalType == 5 || nalType == 7;
} // IDR slice, SPS

/// RFC 6184 sections 5.6 to 5.8.
bool h264Starts(Bytes payload) {
    constexpr unsigned stapA = 24, fuA = 28;
    if (payload.empty()) return false;
    const unsigned type = payload[0] & 0x1f;
    if (type == fuA) return payload.size() > 1 && payload[1] & 0x80 && isH264Start(payload[1] & 0x1f);
    if (type != stapA) return isH264Start(type);
    for (std::size_t at = 1; at + 2 < payload.size(); at += 2 + big16(payload, at))
        if (isH264Start(payload[at + 2] & 0x1f)) return true;
    return false;
}

bool isH265Start(unsigned nalType) {
    const bool randomAccess = nalType >= 16 && nalType <= 23; // BLA, IDR, CRA
    return randomAccess || nalType == 32 || nalType == 33;    // VPS, SPS
}

/// RFC 7798 section 4.4.
bool h265Starts(Bytes payload) {
    constexpr unsigned aggregation = 48, fragment = 49;
    if (payload.size() < 3) return false;
    const unsigned type = payload[0] >> 1 & 0x3f;
    if (type == fragment) return payload[2] & 0x80 && isH265Start(payload[2] & 0x3f);
    if (type != aggregation) return isH265Start(type);
    for (std::size_t at = 2; at + 2 < payload.size(); at += 2 + big16(payload, at))
        if (isH265Start(payload[at + 2] >> 1 & 0x3f)) return true;
    return false;
}

} // namespace

std::optional<RtpHeader> RtpHeader::parse(Bytes packet) {
    constexpr std::size_t fixed = 12;
    if (packet.size() < fixed || packet[0] >> 6 != 2) return std::nullopt;
    std::size_t begin = fixed + std::size_t{4} * (packet[0] & 0x0fU);
    if (packet[0] & 0x10) {
        if (packet.size() < begin + 4) return std::nullopt;
        begin += 4 + 4 * big16(packet, begin + 2);
    }
    const std::size_t padding = packet[0] & 0x20 ? packet.back() : 0;
    if (packet.size() < begin + padding) return std::nullopt;
    RtpHeader header;
    header.marker = packet[1] & 0x80;
    header.payloadType = packet[1] & 0x7f;
    header.sequence = static_cast<std::uint16_t>(big16(packet, 2));
    header.timestamp = big32(packet, 4);
    header.ssrc = big32(packet, 8);
    header.payload = packet.subspan(begin, packet.size() - begin - padding);
    return header;
}

PayloadFormat payloadFormat(std::string_view media, std::string_view encoding) {
    if (media != "video") return PayloadFormat::audio;
    if (encoding == "VP8") return PayloadFormat::vp8;
    if (encoding == "VP9") return PayloadFormat::vp9;
    if (encoding == "H264") return PayloadFormat::h264;
    if (encoding == "H265") return PayloadFormat::h265;
    if (encoding == "AV1") return PayloadFormat::av1;
    return PayloadFormat::other;
}

bool startsKeyframe(PayloadFormat format, Bytes payload) {
    switch (format) {
    case PayloadFormat::vp8:
        return vp8Starts(payload);
    case PayloadFormat::vp9:
        return vp9Starts(payload);
    case PayloadFormat::h264:
        return h264Starts(payload);
    case PayloadFormat::h265:
        return h265Starts(payload);
    case PayloadFormat::av1:
        return !payload.empty() && payload[0] & 0x08; // N: first of a coded video sequence
    case PayloadFormat::other:
    case PayloadFormat::audio:
        return true;
    }
    return true;
}

bool KeyframeDetector::isStart(const RtpHeader& packet) {
    if (!startsKeyframe(format_, packet.payload)) return false;
    if (format_ == PayloadFormat::audio || format_ == PayloadFormat::other) return true;
    const bool known = keyframeTimestamp_ == packet.timestamp;
    keyframeTimestamp_ = packet.timestamp;
    return !known;
}

} // namespace spillway::relay
