#include "relay/rtp/format.h"

#include "relay/gst/structure.h"

#include "config/text.h"

#include <fmt/core.h>

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace spillway::relay::rtp {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 6> payloadTypes{
    {{"VP8", 96}, {"VP9", 98}, {"H264", 102}, {"H265", 104}, {"AV1", 106}, {"OPUS", 111}}};

/// The media type parameters of RFC 6184, 7798, 7587 and 9628 that caps may carry.
constexpr std::array parameterNames{"packetization-mode",
                                    "profile-level-id",
                                    "level-asymmetry-allowed",
                                    "sprop-parameter-sets",
                                    "sprop-vps",
                                    "sprop-sps",
                                    "sprop-pps",
                                    "profile-id",
                                    "tier-flag",
                                    "level-id",
                                    "sprop-stereo",
                                    "stereo",
                                    "useinbandfec",
                                    "minptime"};

/// The publisher wrote it: nothing of it may end the line or the parameter.
bool isParameterValue(const std::string& value) {
    return !value.empty() &&
           std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~' && c != ';'; });
}

std::string parametersOf(const GstStructure* structure) {
    std::string all;
    for (const char* name : parameterNames) {
        const std::string value = gst::stringField(structure, name);
        if (isParameterValue(value)) all += fmt::format("{}{}={}", all.empty() ? "" : ";", name, value);
    }
    return all;
}

bool isToken(const std::string& value) {
    return isParameterValue(value) && value.find('/') == std::string::npos;
}

} // namespace

Format formatOf(const GstCaps* caps) {
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    Format format;
    if (std::string_view(gst::stringField(structure, "media")) == "audio") format.media = "audio";
    format.encoding = gst::stringField(structure, "encoding-name");
    if (!isToken(format.encoding)) format.encoding = "unknown";
    int clockRate = 0;
    if (gst_structure_get_int(structure, "clock-rate", &clockRate) && clockRate > 0)
        format.clockRate = static_cast<std::uint32_t>(clockRate);
    for (const auto& [encoding, type] : payloadTypes)
        if (format.encoding == encoding) format.payloadType = type;
    // RFC 7587 section 7: always two channels, whatever is inside.
    if (format.encoding == "OPUS") format.encoding = "opus/2";
    format.parameters = parametersOf(structure);
    return format;
}

std::uint8_t extensionId(const GstCaps* caps, std::string_view uri) {
    constexpr std::string_view prefix = "extmap-";
    if (gst_caps_get_size(caps) == 0) return 0; // none, or any
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    for (int i = 0; i < gst_structure_n_fields(structure); ++i) {
        const char* field = gst_structure_nth_field_name(structure, static_cast<guint>(i));
        const std::string_view name(field);
        const char* value = gst_structure_get_string(structure, field);
        if (name.substr(0, prefix.size()) != prefix || !value || uri != value) continue;
        return number<std::uint8_t>(name.substr(prefix.size())).value_or(0);
    }
    return 0;
}

} // namespace spillway::relay::rtp
