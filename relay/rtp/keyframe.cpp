#include "relay/rtp/keyframe.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/vp8_descriptor.h"

namespace spillway::relay::rtp {

namespace {

bool vp8Starts(Bytes payload) {
    const Vp8Descriptor descriptor = readVp8Descriptor(payload);
    if (!descriptor.startsPicture || payload.size() <= descriptor.bytes) return false;
    return (payload[descriptor.bytes] & 0x01) == 0; // P of the payload header: 0 is a key frame
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
    for (std::size_t at = 1; at + 2 < payload.size(); at += 2 + std::size_t{readU16(&payload[at])})
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
    for (std::size_t at = 2; at + 2 < payload.size(); at += 2 + std::size_t{readU16(&payload[at])})
        if (isH265Start(payload[at + 2] >> 1 & 0x3f)) return true;
    return false;
}

} // namespace

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

bool KeyframeDetector::isStart(std::uint32_t timestamp, Bytes payload) {
    if (!startsKeyframe(format_, payload)) return false;
    if (format_ == PayloadFormat::audio || format_ == PayloadFormat::other) return true;
    const bool known = keyframeTimestamp_ == timestamp;
    keyframeTimestamp_ = timestamp;
    return !known;
}

} // namespace spillway::relay::rtp
