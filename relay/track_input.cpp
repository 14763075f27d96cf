#include "relay/track_input.h"

#include "relay/keyframe.h"

#include <gst/video/video.h>

#include <stdexcept>

namespace spillway::relay {

namespace {

std::uint64_t nextSource() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

gst::Ref<GstCaps> capsOf(GstPad* pad) {
    return gst::Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
}

const char* stringField(const GstCaps* caps, const char* field) {
    const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), field);
    return text ? text : "";
}

} // namespace

/// Marks, counts and stamps each packet. Streaming thread; shared with the probes, which may outlive the
/// input.
struct TrackInput::Marker {
    std::shared_ptr<TrackCounters> counters;
    KeyframeDetector detector;
    std::atomic<std::shared_ptr<KeyframeBroker>> broker;

    void onCaps(GstEvent* event) {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        detector =
            KeyframeDetector(payloadFormat(stringField(caps, "media"), stringField(caps, "encoding-name")));
    }

    GstBuffer* onPacket(GstBuffer* packet) {
        counters->lastArrival.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
        counters->packets.fetch_add(1, std::memory_order_relaxed);
        counters->bytes.fetch_add(gst_buffer_get_size(packet), std::memory_order_relaxed);
        return counters->kind == MediaKind::video ? mark(packet) : packet;
    }

    GstBuffer* mark(GstBuffer* packet) {
        packet = gst_buffer_make_writable(packet);
        const bool start = isKeyframeStart(packet);
        if (start)
            gst_buffer_unset_flags(packet, GST_BUFFER_FLAG_DELTA_UNIT);
        else
            gst_buffer_set_flags(packet, GST_BUFFER_FLAG_DELTA_UNIT);
        if (start)
            if (const auto listener = broker.load()) listener->keyframeStarted();
        return packet;
    }

    bool isKeyframeStart(GstBuffer* packet) {
        GstMapInfo map;
        if (!gst_buffer_map(packet, &map, GST_MAP_READ)) return false;
        const auto header = RtpHeader::parse({map.data, map.size});
        const bool start = header && detector.isStart(*header);
        gst_buffer_unmap(packet, &map);
        return start;
    }

    GstPadProbeReturn onData(GstPadProbeInfo* info) {
        if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
            GstEvent* event = gst_pad_probe_info_get_event(info);
            if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) onCaps(event);
        } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
            auto* list = gst_buffer_list_make_writable(gst_pad_probe_info_get_buffer_list(info));
            gst_buffer_list_foreach(list, &Marker::onListed, this);
            info->data = list;
        } else {
            info->data = onPacket(gst_pad_probe_info_get_buffer(info));
        }
        return GST_PAD_PROBE_OK;
    }

    static gboolean onListed(GstBuffer** packet, guint, gpointer self) noexcept {
        *packet = static_cast<Marker*>(self)->onPacket(*packet);
        return TRUE;
    }

    /// A depayloader's own request would go upstream past the broker.
    GstPadProbeReturn onUpstream(GstPadProbeInfo* info) {
        GstEvent* event = gst_pad_probe_info_get_event(info);
        if (!gst_video_event_is_force_key_unit(event)) return GST_PAD_PROBE_OK;
        if (const auto listener = broker.load()) listener->wish(WishReason::decoder);
        return GST_PAD_PROBE_DROP;
    }
};

TrackInput::TrackInput(GstPad* source, GstElement* pipeline, MediaKind kind)
    : source_(gst::Ref<GstPad>::retain(source))
    , counters_(std::make_shared<TrackCounters>(nextSource(), kind))
    , drained_(std::make_shared<std::atomic<std::uint64_t>>(0))
    , marker_(std::make_shared<Marker>())
    , tee_(pipeline) {
    marker_->counters = counters_;
    constexpr auto dataTypes = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    data_ = gst::PadProbe(tee_.sink(), dataTypes,
                          [marker = marker_](GstPadProbeInfo* info) { return marker->onData(info); });
    upstream_ = gst::PadProbe(tee_.sink(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
                              [marker = marker_](GstPadProbeInfo* info) { return marker->onUpstream(info); });
    armDrain();
    if (gst_pad_link(source, tee_.sink()) != GST_PAD_LINK_OK)
        throw std::runtime_error("cannot link the incoming pad to its tee");
}

TrackInput::~TrackInput() = default;

void TrackInput::armDrain() {
    if (!drain_) drain_ = std::make_unique<Drain>(tee_, drained_);
}

void TrackInput::setBroker(std::shared_ptr<KeyframeBroker> broker) {
    marker_->broker.store(std::move(broker));
}

void TrackInput::requestKeyframe() {
    gst_pad_send_event(source_.get(),
                       gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

std::string TrackInput::encoding() const {
    const auto caps = capsOf(source_.get());
    return caps ? stringField(caps.get(), "encoding-name") : "";
}

std::uint32_t TrackInput::clockRate() const {
    const auto caps = capsOf(source_.get());
    gint rate = 0;
    if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "clock-rate", &rate);
    return static_cast<std::uint32_t>(rate);
}

bool TrackInput::insidePush() const {
    if (!GST_PAD_STREAM_TRYLOCK(tee_.sink())) return true;
    GST_PAD_STREAM_UNLOCK(tee_.sink());
    return false;
}

namespace {

struct Retirement {
    Loop& loop;
    gst::Ref<GstPad> source;
    std::shared_ptr<TrackInput> input;
};

/// Any thread: no packet is under way between the source pad and the tee.
GstPadProbeReturn onIdle(GstPad* source, GstPadProbeInfo*, gpointer data) noexcept {
    auto* retirement = static_cast<Retirement*>(data);
    gst_pad_unlink(source, retirement->input->tee().sink());
    retirement->loop.post([input = std::exchange(retirement->input, nullptr)]() mutable { input.reset(); });
    return GST_PAD_PROBE_REMOVE;
}

void deleteRetirement(gpointer data) noexcept {
    delete static_cast<Retirement*>(data);
}

} // namespace

void TrackInput::retire(Loop& loop, std::unique_ptr<TrackInput> input) {
    input->setBroker(nullptr);
    const auto source = input->source_;
    auto* retirement = new Retirement{loop, source, std::move(input)};
    gst_pad_add_probe(source.get(), GST_PAD_PROBE_TYPE_IDLE, onIdle, retirement, deleteRetirement);
}

} // namespace spillway::relay
