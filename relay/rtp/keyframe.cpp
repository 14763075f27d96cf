#include "relay/rtp/keyframe.h"

#include "relay/rtp/nal_units.h"
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

/// Also parameter sets, but for those of a picture (PPS): they stand right before one.
bool nalStarts(NalCodec codec, Bytes payload) {
    const unsigned pps = codec == NalCodec::h264 ? 8 : 34;
    bool starts = false;
    forEachNalUnit(codec, payload, [&](const NalUnit& unit) {
        const bool sets = isParameterSet(codec, unit.type) && unit.type != pps;
        starts = starts || sets || startsDecoding(codec, unit);
    });
    return starts;
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
        return nalStarts(NalCodec::h264, payload);
    case PayloadFormat::h265:
        return nalStarts(NalCodec::h265, payload);
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
