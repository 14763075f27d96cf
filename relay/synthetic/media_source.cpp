#include "relay/synthetic/media_source.h"

#include "relay/gst/element.h"
#include "relay/synthetic/caption.h"

#include <fmt/core.h>
#include <gst/video/video.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace spillway::relay {

namespace {

constexpr const char* twccUri = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Each element is linked to the one before.
class Chain {
  public:
    explicit Chain(GstElement* pipeline)
        : pipeline_(pipeline) {}

    GstElement* add(const gst::Ref<GstElement>& element) {
        GstElement* added = gst::addTo(pipeline_, element);
        if (last_ && !gst_element_link(last_, added))
            throw std::runtime_error(std::string("cannot link ") + gst::nameOf(last_) + " to " +
                                     gst::nameOf(added));
        return last_ = added;
    }
    GstElement* add(const char* factory) { return add(gst::makeElement(factory)); }
    GstElement* filter(const std::string& caps) {
        GstElement* element = add("capsfilter");
        const auto parsed = gst::Ref<GstCaps>::adopt(gst_caps_from_string(caps.c_str()));
        if (!parsed) throw std::runtime_error("caps cannot be read: " + caps);
        g_object_set(element, "caps", parsed.get(), nullptr);
        return element;
    }

  private:
    GstElement* pipeline_;
    GstElement* last_ = nullptr;
};

void set(GstElement* element, const char* property, const char* value) {
    gst_util_set_object_arg(gst::cast<GObject>(element), property, value);
}

gst::Ref<GstElement> makeVpxEncoder(const char* factory) {
    auto encoder = gst::makeElement(factory);
    // Keyframes come when they are asked for.
    g_object_set(encoder.get(), "deadline", gint64{1}, "cpu-used", 8, "threads", 1, "keyframe-max-dist", 9999,
                 "lag-in-frames", 0, "target-bitrate", 600000, nullptr);
    set(encoder.get(), "error-resilient", "default");
    set(encoder.get(), "end-usage", "cbr");
    return encoder;
}

gst::Ref<GstElement> makeH264Encoder() {
    if (auto encoder = gst::Ref<GstElement>::sink(gst_element_factory_make("openh264enc", nullptr))) {
        g_object_set(encoder.get(), "gop-size", 9999U, "bitrate", 600000U, "multi-thread", 1U, nullptr);
        set(encoder.get(), "complexity", "low");
        set(encoder.get(), "usage-type", "camera");
        return encoder;
    }
    auto encoder = gst::makeElement("x264enc");
    g_object_set(encoder.get(), "key-int-max", 9999U, "bitrate", 600U, "threads", 1U, nullptr);
    set(encoder.get(), "tune", "zerolatency");
    set(encoder.get(), "speed-preset", "ultrafast");
    return encoder;
}

gst::Ref<GstElement> makeEncoder(config::Codec codec) {
    switch (codec) {
    case config::Codec::vp8:
        return makeVpxEncoder("vp8enc");
    case config::Codec::vp9:
        return makeVpxEncoder("vp9enc");
    case config::Codec::h264:
        return makeH264Encoder();
    case config::Codec::h265:
    case config::Codec::opus:
        break;
    }
    throw std::runtime_error("a synthetic publisher sends vp8, vp9 or h264");
}

/// Payloader and the caps that webrtcbin makes its offer from.
GstElement* addPayloader(Chain& chain, config::Codec codec) {
    const bool vp8 = codec == config::Codec::vp8;
    const bool h264 = codec == config::Codec::h264;
    if (h264) chain.filter("video/x-h264,profile=(string)constrained-baseline");
    GstElement* payloader = chain.add(vp8 ? "rtpvp8pay" : h264 ? "rtph264pay" : "rtpvp9pay");
    g_object_set(payloader, "mtu", 1200U, "pt", 96U, nullptr);
    if (h264) {
        g_object_set(payloader, "config-interval", -1, nullptr);
        set(payloader, "aggregate-mode", "zero-latency");
    } else {
        set(payloader, "picture-id-mode", "15-bit");
    }
    chain.filter(
        "application/x-rtp,media=video,payload=96,clock-rate=90000,encoding-name=" +
        std::string(vp8    ? "VP8"
                    : h264 ? "H264,packetization-mode=(string)1"
                           : "VP9,profile-id=(string)0") +
        ",rtcp-fb-nack=true,rtcp-fb-nack-pli=true,rtcp-fb-ccm-fir=true,rtcp-fb-transport-cc=true,extmap-1=" +
        twccUri);
    return payloader;
}

void addPicture(Chain& chain, const PublisherSettings& settings) {
    GstElement* source = chain.add("videotestsrc");
    g_object_set(source, "is-live", TRUE, nullptr);
    set(source, "pattern", "ball");
    chain.filter("video/x-raw,format=I420,width=" + std::to_string(settings.width) + ",height=" +
                 std::to_string(settings.height) + ",framerate=" + std::to_string(settings.fps) + "/1");
}

std::string clockText() {
    GDateTime* now = g_date_time_new_now_local();
    gchar* text = g_date_time_format(now, "%H:%M:%S");
    std::string result = text + fmt::format(".{:03}", g_date_time_get_microsecond(now) / 1000);
    g_free(text);
    g_date_time_unref(now);
    return result;
}

/// Streaming thread. Draws name, clock and number into the picture.
void drawCaption(GstPadProbeInfo* info, GstPad* pad, const std::string& name, std::uint64_t number) {
    GstVideoInfo format;
    GstVideoFrame frame;
    const auto caps = gst::Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (!caps || !gst_video_info_from_caps(&format, caps.get())) return;
    GstBuffer* buffer = gst_buffer_make_writable(gst_pad_probe_info_get_buffer(info));
    info->data = buffer;
    if (!gst_video_frame_map(&frame, &format, buffer, GST_MAP_READWRITE)) return;
    const auto size = [](auto value) { return static_cast<std::size_t>(value); };
    const LumaPlane plane{static_cast<std::uint8_t*>(frame.data[0]), size(frame.info.width),
                          size(frame.info.height), size(frame.info.stride[0])};
    const std::size_t scale = std::max(plane.height / 120, std::size_t{1});
    std::size_t y = scale;
    for (const std::string& line : {name, clockText(), std::to_string(number)})
        y = drawText(plane, scale, y, scale, line);
    gst_video_frame_unmap(&frame);
}

} // namespace

VideoSource::VideoSource(GstElement* pipeline, const PublisherSettings& settings) {
    Chain chain(pipeline);
    addPicture(chain, settings);
    encoder_ = chain.add(makeEncoder(settings.codec));
    GstElement* payloader = addPayloader(chain, settings.codec);
    count(payloader, settings.name);
    const auto capsfilter = gst::staticPad(payloader, "src");
    const auto peer = gst::Ref<GstPad>::adopt(gst_pad_get_peer(capsfilter.get()));
    output_ = gst_pad_get_parent_element(peer.get());
    gst_object_unref(output_); // the pipeline holds it
}

void VideoSource::count(GstElement* payloader, const std::string& name) {
    const auto pictures = gst::staticPad(encoder_, "sink");
    probes_.emplace_back(pictures.get(), GST_PAD_PROBE_TYPE_BUFFER,
                         [counters = counters_, pad = pictures.get(), name](GstPadProbeInfo* info) {
                             if (!counters->on) return GST_PAD_PROBE_DROP;
                             drawCaption(info, pad, name, ++counters->frames);
                             return GST_PAD_PROBE_OK;
                         });
    const auto packets = gst::staticPad(payloader, "src");
    probes_.emplace_back(packets.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
                         [counters = counters_](GstPadProbeInfo* info) {
                             if (gst_video_event_is_force_key_unit(gst_pad_probe_info_get_event(info)))
                                 ++counters->requests;
                             return GST_PAD_PROBE_OK;
                         });
}

void VideoSource::setOn(bool on) {
    if (on == counters_->on.exchange(on) || !on) return;
    const auto encoded = gst::staticPad(encoder_, "src");
    gst_pad_send_event(encoded.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

GstElement* addTone(GstElement* pipeline) {
    Chain chain(pipeline);
    GstElement* source = chain.add("audiotestsrc");
    g_object_set(source, "is-live", TRUE, "volume", 0.1, nullptr);
    chain.filter("audio/x-raw,format=S16LE,rate=48000,channels=2");
    chain.add("opusenc");
    GstElement* payloader = chain.add("rtpopuspay");
    g_object_set(payloader, "pt", 111U, nullptr);
    return chain.filter("application/x-rtp,media=audio,payload=111,clock-rate=48000,encoding-name=OPUS,"
                        "encoding-params=(string)2,rtcp-fb-transport-cc=true,extmap-1=" +
                        std::string(twccUri));
}

} // namespace spillway::relay
