#include "relay/outputs/record/participant/media_track.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/structure.h"

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace spillway::relay {

namespace {

struct Codec {
    std::string_view caps;
    const char* id;
    bool needsSetup;
};
constexpr std::array codecs{
    Codec{"video/x-vp8", "V_VP8", false},           Codec{"video/x-vp9", "V_VP9", false},
    Codec{"video/x-h264", "V_MPEG4/ISO/AVC", true}, Codec{"video/x-h265", "V_MPEGH/ISO/HEVC", true},
    Codec{"audio/x-opus", "A_OPUS", false},
};
constexpr unsigned opusClock = 48000; ///< RFC 7845 section 4

unsigned unsignedField(const GstStructure* structure, const char* field) {
    gint value = 0;
    gst_structure_get_int(structure, field, &value);
    return static_cast<unsigned>(std::max(0, value));
}

std::vector<std::uint8_t> bytesIn(const GValue* value) {
    if (!value || !GST_VALUE_HOLDS_BUFFER(value)) return {};
    const gst::BufferMap map(gst_value_get_buffer(value));
    return {map.bytes().begin(), map.bytes().end()};
}

/// The identification header of Ogg Opus (RFC 7845 section 5.1), for up to two channels.
std::vector<std::uint8_t> opusHead(unsigned channels) {
    std::vector<std::uint8_t> head{'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1};
    head.push_back(static_cast<std::uint8_t>(channels));
    head.insert(head.end(), {0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0}); // no pre-skip, 48000 Hz, no gain, mapping 0
    return head;
}

void readSound(MediaTrack& track, const GstStructure* structure) {
    track.channels = std::max(1U, unsignedField(structure, "channels"));
    const GValue* headers = gst_structure_get_value(structure, "streamheader");
    if (headers && GST_VALUE_HOLDS_ARRAY(headers) && gst_value_array_get_size(headers) > 0)
        track.setup = bytesIn(gst_value_array_get_value(headers, 0));
    constexpr std::size_t shortestHead = 19, preSkipAt = 10;
    if (track.setup.size() < shortestHead) track.setup = opusHead(track.channels);
    const unsigned preSkip = track.setup[preSkipAt] | static_cast<unsigned>(track.setup[preSkipAt + 1]) << 8U;
    track.delay = std::chrono::nanoseconds(std::int64_t{preSkip} * 1'000'000'000 / opusClock);
}

} // namespace

MediaTrack mediaTrackOf(const std::string& name, const GstCaps* caps) {
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    const std::string_view type = gst_structure_get_name(structure);
    const auto* codec =
        std::find_if(codecs.begin(), codecs.end(), [&](const Codec& known) { return known.caps == type; });
    if (codec == codecs.end()) throw std::runtime_error("cannot record " + std::string(type));
    MediaTrack track;
    track.name = name;
    track.codec = codec->id;
    track.video = type.starts_with("video/");
    if (!track.video) {
        readSound(track, structure);
        return track;
    }
    track.width = unsignedField(structure, "width");
    track.height = unsignedField(structure, "height");
    if (codec->needsSetup) track.setup = bytesIn(gst_structure_get_value(structure, "codec_data"));
    if (codec->needsSetup && track.setup.empty())
        throw std::runtime_error("cannot record " + std::string(type) + " without its parameter sets");
    return track;
}

} // namespace spillway::relay
