// The NAL units in an RTP payload of H.264 (RFC 6184 section 5) or H.265 (RFC 7798 section 4.4). Pure; any
// thread; never reads past what it is given.
#pragma once

#include "relay/base/big_endian.h"
#include "relay/base/bytes.h"

#include <algorithm>
#include <cstddef>

namespace spillway::relay::rtp {

enum class NalCodec { h264, h265 };

struct NalUnit {
    unsigned type = 0;
    Bytes bytes;       ///< with its header; of a fragment only what follows that of the fragment
    bool whole = true; ///< neither a fragment nor cut short
};

/// Of a unit, and of an aggregation.
constexpr std::size_t nalHeaderBytes(NalCodec codec) {
    return codec == NalCodec::h264 ? 1 : 2;
}
/// Of a unit that has its header.
inline unsigned nalType(NalCodec codec, Bytes unit) {
    return codec == NalCodec::h264 ? unit[0] & 0x1FU : unit[0] >> 1U & 0x3FU;
}
/// SPS and PPS, of H.265 VPS too.
bool isParameterSet(NalCodec codec, unsigned type);
/// A picture that decoding may begin with: IDR, of H.265 BLA and CRA too, or the message that the picture may
/// be begun with although it is none (a recovery point).
bool startsDecoding(NalCodec codec, const NalUnit& unit);

/// Those that begin in this payload, in order.
template <class Visit>
void forEachNalUnit(NalCodec codec, Bytes payload, Visit visit) {
    constexpr std::size_t lengthBytes = 2;
    constexpr unsigned fragmentStarts = 0x80;
    const bool h264 = codec == NalCodec::h264;
    const unsigned aggregation = h264 ? 24 : 48; // STAP-A, AP
    const unsigned fragment = h264 ? 28 : 49;    // FU-A, FU
    const std::size_t header = nalHeaderBytes(codec);
    if (payload.size() < header) return;
    const unsigned type = nalType(codec, payload);
    Bytes rest = payload.subspan(header);
    if (type == fragment) {
        if (!rest.empty() && (rest[0] & fragmentStarts) != 0)
            visit(NalUnit{rest[0] & (h264 ? 0x1FU : 0x3FU), rest.subspan(1), false});
        return;
    }
    if (type != aggregation) return visit(NalUnit{type, payload, true});
    while (rest.size() >= lengthBytes + header) {
        const std::size_t length = readU16(rest.data());
        rest = rest.subspan(lengthBytes);
        const Bytes unit = rest.first(std::min(length, rest.size()));
        if (unit.size() >= header) visit(NalUnit{nalType(codec, unit), unit, length <= rest.size()});
        rest = rest.subspan(unit.size());
    }
}

} // namespace spillway::relay::rtp
