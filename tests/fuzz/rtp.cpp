// RTP as a publisher sends it: header, extensions, and VP8's descriptor in the payload. The buffer is in two
// pieces, as webrtcbin may hand it over.
#include "fuzz.h"

#include "relay/port/demux.h"
#include "relay/rtp/extensions.h"
#include "relay/rtp/packet.h"
#include "relay/rtp/vp8_descriptor.h"

#include <gst/gst.h>

#include <algorithm>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using spillway::fuzz::require;

namespace {

GstMemory* piece(Bytes bytes) {
    return gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, const_cast<std::uint8_t*>(bytes.data()),
                                  bytes.size(), 0, bytes.size(), nullptr, nullptr);
}

BufferRef bufferOf(Bytes packet) {
    const std::size_t cut = packet.size() / 2;
    auto buffer = BufferRef::adopt(gst_buffer_new());
    if (cut > 0) gst_buffer_append_memory(buffer.get(), piece(packet.first(cut)));
    if (!packet.empty()) gst_buffer_append_memory(buffer.get(), piece(packet.subspan(cut)));
    return buffer;
}

void findExtensions(Bytes packet) {
    constexpr std::uint8_t beyond = 17; // of a nibble: ids that cannot be
    for (std::uint8_t id = 0; id < beyond; ++id) {
        const Bytes found = findExtension(packet, id);
        require(found.empty() || (found.data() >= packet.data() &&
                                  found.data() + found.size() <= packet.data() + packet.size()));
    }
}

void renumberVp8(Bytes payload) {
    std::vector<std::uint8_t> copy(payload.begin(), payload.end());
    const Vp8Numbers numbers = readVp8Numbers(copy);
    require(numbers.pictureIdAt < std::max<std::size_t>(copy.size(), 1));
    require(numbers.tl0At < std::max<std::size_t>(copy.size(), 1));
    Vp8Continuity continuity;
    Vp8Offsets first, second;
    continuity.rewrite(copy, first);
    continuity.rewrite(copy, second);
    applyVp8Offsets(copy, second);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    [[maybe_unused]] static const bool ready =
        (gst_registry_fork_set_enabled(FALSE), gst_init(nullptr, nullptr), true);
    const Bytes bytes(data, size);
    kindOf(bytes);
    findExtensions(bytes);
    const BufferRef buffer = bufferOf(bytes);
    if (const auto packet = readRtpPacket(buffer.get())) {
        require(packet->payloadOffset + packet->payloadBytes <= size);
        renumberVp8(bytes.subspan(packet->payloadOffset, packet->payloadBytes));
    }
    return 0;
}
