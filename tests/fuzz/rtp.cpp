// RTP as a publisher sends it: header, extensions, and the beginnings of the payload that we look at.
#include "fuzz.h"

#include "relay/port/demux.h"
#include "relay/rtp/keyframe.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/parameter_sets.h"
#include "relay/rtp/vp8_descriptor.h"

#include <algorithm>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::rtp;
using spillway::fuzz::require;

namespace {

void findExtensions(Bytes packet, std::size_t block) {
    constexpr std::uint8_t beyond = 17; // of a nibble: ids that cannot be
    for (std::uint8_t id = 0; id < beyond; ++id) {
        const Bytes found = findExtension(packet, block, id);
        require(found.empty() || (found.data() >= packet.data() &&
                                  found.data() + found.size() <= packet.data() + packet.size()));
    }
}

void detectKeyframes(Bytes payload) {
    for (const auto format :
         {PayloadFormat::vp8, PayloadFormat::vp9, PayloadFormat::h264, PayloadFormat::h265,
          PayloadFormat::av1, PayloadFormat::other, PayloadFormat::audio}) {
        KeyframeDetector detector(format);
        require(detector.isStart(1, payload) == startsKeyframe(format, payload));
    }
}

void keepSets(Bytes payload) {
    for (const auto format : {PayloadFormat::h264, PayloadFormat::h265}) {
        ParameterSets sets(format);
        sets.describe({reinterpret_cast<const char*>(payload.data()), payload.size()});
        const bool missing = sets.areMissing(1, payload);
        require(!missing || startsKeyframe(format, payload));
        require(sets.payload().size() <= ParameterSets::mostBytes);
        require(!sets.areMissing(2, sets.payload()));
    }
}

void renumberVp8(Bytes payload) {
    std::vector<std::uint8_t> copy(payload.begin(), payload.end());
    const Vp8Descriptor descriptor = readVp8Descriptor(copy);
    require(descriptor.bytes <= copy.size());
    require(descriptor.pictureIdAt <= descriptor.bytes && descriptor.tl0At <= descriptor.bytes);
    Vp8Continuity continuity;
    Vp8Offsets first, second;
    continuity.rewrite(copy, first);
    continuity.rewrite(copy, second);
    applyVp8Offsets(copy, second);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint8_t playoutDelayId = 9;
    const Bytes bytes(data, size);
    port::kindOf(bytes);
    for (const std::size_t block : {std::size_t{0}, fixedHeaderBytes, size})
        findExtensions(bytes, block);
    const auto packet = readPacket(bytes, playoutDelayId);
    if (!packet) return 0;
    require(packet->payloadOffset + packet->payloadBytes <= size);
    require(packet->extensionOffset < packet->payloadOffset);
    findExtensions(bytes, packet->extensionOffset);
    const Bytes payload = packet->payload(bytes);
    detectKeyframes(payload);
    keepSets(payload);
    renumberVp8(payload);
    return 0;
}
