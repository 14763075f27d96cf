#include "relay/rtp/nal_units.h"

namespace spillway::relay::rtp {

namespace {

/// SEI messages (H.264 section 7.3.2.3, H.265 section 7.3.5): type and size, each in bytes of 255 and a last.
bool hasRecoveryPoint(Bytes messages) {
    constexpr unsigned recoveryPoint = 6;
    const auto takeNumber = [&] {
        unsigned number = 0;
        while (!messages.empty()) {
            const unsigned byte = messages[0];
            messages = messages.subspan(1);
            number += byte;
            if (byte != 0xFF) break;
        }
        return number;
    };
    while (messages.size() > 2) {
        if (takeNumber() == recoveryPoint) return true;
        const std::size_t size = takeNumber();
        messages = messages.subspan(std::min(size, messages.size()));
    }
    return false;
}

} // namespace

bool isParameterSet(NalCodec codec, unsigned type) {
    return codec == NalCodec::h264 ? type == 7 || type == 8 : type >= 32 && type <= 34;
}

bool startsDecoding(NalCodec codec, const NalUnit& unit) {
    const bool h264 = codec == NalCodec::h264;
    if (h264 ? unit.type == 5 : unit.type >= 16 && unit.type <= 23) return true;
    const unsigned sei = h264 ? 6 : 39;
    return unit.type == sei && unit.whole && hasRecoveryPoint(unit.bytes.subspan(nalHeaderBytes(codec)));
}

} // namespace spillway::relay::rtp
