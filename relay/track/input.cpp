#include "relay/track/input.h"

#include "relay/base/log.h"
#include "relay/rtp/keyframe.h"

#include <chrono>
#include <condition_variable>
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

/// Long enough for a busy loop, short against the patience of a jitter buffer.
constexpr std::chrono::milliseconds longestHold{100};

/// Makes the first packet wait for the loop. Armed and passed on the streaming thread, released by the loop.
class Hold {
  public:
    void arm() {
        const std::lock_guard lock(mutex_);
        armed_.store(true);
    }
    void release() {
        const std::lock_guard lock(mutex_);
        armed_.store(false);
        released_.notify_all();
    }
    void pass() {
        if (!armed_.load(std::memory_order_relaxed)) return;
        std::unique_lock lock(mutex_);
        released_.wait_for(lock, longestHold, [this] { return !armed_.load(); });
        armed_.store(false);
    }

  private:
    std::mutex mutex_; ///< for the condition; a packet takes it only while armed
    std::condition_variable released_;
    std::atomic<bool> armed_{true};
};

} // namespace

/// Marks, counts and stamps each packet. Streaming thread; shared with the probes, which may outlive the
/// input.
struct TrackInput::Marker {
    std::shared_ptr<TrackCounters> counters;
    KeyframeDetector detector;
    std::atomic<std::shared_ptr<KeyframeBroker>> broker;
    Hold hold;

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
            return GST_PAD_PROBE_OK;
        }
        hold.pass();
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
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

TrackInput::TrackInput(const IncomingPad& incoming, OnAwake onAwake)
    : source_(gst::Ref<GstPad>::retain(incoming.pad))
    , mid_(incoming.mid)
    , ssrc_(incoming.ssrc)
    , onAwake_(std::move(onAwake))
    , counters_(std::make_shared<TrackCounters>(nextSource(), incoming.kind))
    , drained_(std::make_shared<std::atomic<std::uint64_t>>(0))
    , marker_(std::make_shared<Marker>())
    , tee_(incoming.pipeline) {
    marker_->counters = counters_;
    constexpr auto dataTypes = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    data_ = gst::PadProbe(tee_.sink(), dataTypes,
                          [marker = marker_](GstPadProbeInfo* info) { return marker->onData(info); });
    upstream_ = gst::PadProbe(tee_.sink(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
                              [marker = marker_](GstPadProbeInfo* info) { return marker->onUpstream(info); });
    armDrain();
    if (gst_pad_link(source_.get(), tee_.sink()) != GST_PAD_LINK_OK)
        throw std::runtime_error("cannot link the incoming pad to its tee");
}

TrackInput::~TrackInput() {
    drain_.reset();
    gst_pad_unlink(source_.get(), tee_.sink());
}

void TrackInput::start(const IncomingPad& incoming, OnAwake onAwake) {
    const std::shared_ptr<TrackInput> input(new TrackInput(incoming, std::move(onAwake)));
    input->onAwake_(input);
}

void TrackInput::attached() {
    marker_->hold.release();
}

void TrackInput::sleep(Wake wake) {
    const std::lock_guard lock(mutex_);
    wake_ = wake;
    if (!std::exchange(asleep_, true)) dropWhatComes();
    // Only now, so that no packet finds the tee without a consumer while the pad still lets it through.
    drain_.reset();
}

void TrackInput::dropWhatComes() {
    constexpr auto data =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    // Outlives this object: a pad that is left behind goes on dropping.
    const auto onPacket = [](GstPad*, GstPadProbeInfo*, gpointer self) noexcept {
        const auto input = static_cast<std::weak_ptr<TrackInput>*>(self)->lock();
        return input ? input->onLate() : GST_PAD_PROBE_DROP;
    };
    const auto forget = [](gpointer self) noexcept { delete static_cast<std::weak_ptr<TrackInput>*>(self); };
    gst_pad_add_probe(source_.get(), data, onPacket, new std::weak_ptr(weak_from_this()), forget);
}

/// Streaming thread.
GstPadProbeReturn TrackInput::onLate() {
    {
        const std::lock_guard lock(mutex_);
        if (wake_ == Wake::never) return GST_PAD_PROBE_DROP;
        try {
            drain_ = std::make_unique<Drain>(tee_, drained_);
        } catch (const std::exception& error) {
            log::error("a track cannot be taken up again ssrc={} error=\"{}\"", ssrc_, error.what());
            return GST_PAD_PROBE_DROP;
        }
        asleep_ = false;
    }
    marker_->hold.arm();
    onAwake_(shared_from_this());
    return GST_PAD_PROBE_REMOVE;
}

bool TrackInput::awake() const {
    const std::lock_guard lock(mutex_);
    return !asleep_;
}

bool TrackInput::draining() const {
    const std::lock_guard lock(mutex_);
    return drain_ != nullptr;
}

void TrackInput::armDrain() {
    const std::lock_guard lock(mutex_);
    if (!drain_) drain_ = std::make_unique<Drain>(tee_, drained_);
}

void TrackInput::disarmDrain() {
    const std::lock_guard lock(mutex_);
    drain_.reset();
}

void TrackInput::setBroker(std::shared_ptr<KeyframeBroker> broker) {
    marker_->broker.store(std::move(broker));
}

void TrackInput::requestKeyframe() {
    // With `all headers` the RTP session sends FIR where it may. Janus drops that, because a FIR names no
    // media in its header (RFC 5104 section 4.3.1.2); a PLI serves everybody who takes one.
    const auto caps = capsOf(source_.get());
    const bool pli =
        caps && gst_structure_has_field(gst_caps_get_structure(caps.get(), 0), "rtcp-fb-nack-pli");
    gst_pad_send_event(source_.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE,
                                                                                  pli ? FALSE : TRUE, 0));
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

std::optional<RtpFormat> TrackInput::format() const {
    const auto caps = capsOf(source_.get());
    if (!caps) return std::nullopt;
    return rtpFormat(caps.get());
}

bool TrackInput::insidePush() const {
    if (!GST_PAD_STREAM_TRYLOCK(tee_.sink())) return true;
    GST_PAD_STREAM_UNLOCK(tee_.sink());
    return false;
}

} // namespace spillway::relay
