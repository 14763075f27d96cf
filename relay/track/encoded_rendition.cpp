#include "relay/track/encoded_rendition.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace spillway::relay {

namespace {

struct Chain {
    const char* encoding; ///< as in caps
    const char* depayloader;
    const char* parser;    ///< null: the depayloader's output is whole already
    const char* caps;      ///< what the parser is to make; null: anything
    bool waitsForKeyframe; ///< the depayloader can drop until a keyframe after a loss
};

// GStreamer 1.22 has no parser for VP8 and no depayloader for AV1.
constexpr std::array chains{
    Chain{"VP8", "rtpvp8depay", nullptr, nullptr, true},
    Chain{"VP9", "rtpvp9depay", "vp9parse", "video/x-vp9,alignment=(string)super-frame", true},
    Chain{"H264", "rtph264depay", "h264parse", "video/x-h264,stream-format=(string)avc,alignment=(string)au",
          true},
    Chain{"H265", "rtph265depay", "h265parse", "video/x-h265,stream-format=(string)hvc1,alignment=(string)au",
          false},
    Chain{"OPUS", "rtpopusdepay", nullptr, nullptr, false},
};

gst::Ref<GstElement> makeCapsfilter(const char* text) {
    auto filter = gst::makeElement("capsfilter");
    const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_from_string(text));
    g_object_set(filter.get(), "caps", caps.get(), nullptr);
    return filter;
}

std::vector<gst::Ref<GstElement>> makeElements(const Chain& chain) {
    std::vector<gst::Ref<GstElement>> elements{gst::makeElement(chain.depayloader)};
    if (chain.waitsForKeyframe)
        g_object_set(elements.front().get(), "wait-for-keyframe", TRUE, "request-keyframe", TRUE, nullptr);
    if (chain.parser) elements.push_back(gst::makeElement(chain.parser));
    if (chain.caps) elements.push_back(makeCapsfilter(chain.caps));
    return elements;
}

/// Links the elements inside the bin, in order, and shows the first one's sink as the bin's.
GstElement* fill(GstElement* bin, const std::vector<gst::Ref<GstElement>>& elements) {
    GstElement* last = nullptr;
    for (const auto& element : elements) {
        gst::addTo(bin, element);
        if (last && !gst_element_link(last, element.get()))
            throw std::runtime_error(std::string("cannot link ") + gst::nameOf(element.get()));
        last = element.get();
    }
    const auto sink = gst::staticPad(elements.front().get(), "sink");
    gst_element_add_pad(bin, gst_ghost_pad_new("sink", sink.get()));
    return last;
}

const Chain& chainFor(const std::string& encoding) {
    const auto* found = std::find_if(chains.begin(), chains.end(),
                                     [&](const Chain& chain) { return encoding == chain.encoding; });
    if (found == chains.end())
        throw std::runtime_error("no depayloader for " + (encoding.empty() ? "an unknown codec" : encoding));
    return *found;
}

} // namespace

EncodedRendition::EncodedRendition(gst::Tee& track, MediaKind kind, const std::string& encoding)
    : kind_(kind)
    , bin_(gst::Ref<GstElement>::sink(gst_bin_new(nullptr))) {
    GstElement* last = fill(bin_.get(), makeElements(chainFor(encoding)));
    tee_ = std::make_unique<gst::Tee>(bin_.get());
    const auto source = gst::staticPad(last, "src");
    if (gst_pad_link(source.get(), tee_->sink()) != GST_PAD_LINK_OK)
        throw std::runtime_error("cannot link the tee of the " + encoding + " access units");
    branch_ = std::make_unique<gst::TeeBranch>(track, bin_);
}

EncodedRendition::~EncodedRendition() {
    // From the track first, so that nothing is pushed into what stops.
    branch_.reset();
    tee_.reset();
}

} // namespace spillway::relay
