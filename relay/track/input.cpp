#include "relay/track/input.h"

#include "relay/base/log.h"
#include "relay/gst/structure.h"

#include <gst/video/video.h>

#include <stdexcept>

namespace spillway::relay {

namespace {

std::uint64_t nextIncarnation() {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

gst::Ref<GstCaps> capsOf(GstPad* pad) {
    return gst::Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
}

} // namespace

TrackInput::TrackInput(const IncomingPad& incoming, OnAwake onAwake)
    : source_(gst::Ref<GstPad>::retain(incoming.pad))
    , mid_(incoming.mid)
    , ssrc_(incoming.ssrc)
    , onAwake_(std::move(onAwake))
    , runDetoured_(incoming.runDetoured)
    , sendPli_(incoming.sendPli)
    , audience_(incoming.audience)
    , counters_(std::make_shared<TrackCounters>(nextIncarnation(), incoming.kind, incoming.clock))
    , drained_(std::make_shared<std::atomic<std::uint64_t>>(0))
    , tee_(incoming.pipeline)
    , marker_(std::make_shared<Marker>(counters_, [sink = tee_.sink()](gst::Ref<GstBuffer> packet) {
        gst_pad_chain(sink, packet.release());
    })) {
    constexpr auto dataTypes = static_cast<GstPadProbeType>(
        GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    data_ = gst::PadProbe(tee_.sink(), dataTypes,
                          [marker = marker_](GstPadProbeInfo* info) { return marker->onData(info); });
    upstream_ = gst::PadProbe(tee_.sink(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
                              [marker = marker_](GstPadProbeInfo* info) { return marker->onUpstream(info); });
    armDrain();
    if (gst_pad_link_full(source_.get(), tee_.sink(), GST_PAD_LINK_CHECK_NOTHING) != GST_PAD_LINK_OK)
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

void TrackInput::letFirstPacketGo() {
    marker_->letFirstPacketGo();
}

void TrackInput::wakeOn(Wake wake) {
    runDetoured_([this, wake] {
        const std::lock_guard lock(mutex_);
        wake_ = wake;
        if (!std::exchange(asleep_, true)) dropWhatComes();
        // Only now, so that no packet finds the tee without a consumer while the pad still lets it through.
        setDrain(nullptr);
        seat_ = {};
    });
}

void TrackInput::dropWhatComes() {
    constexpr auto data =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
    // Outlives this object: a pad that is left behind goes on dropping.
    gst::probeForever(source_.get(), data, [weak = weak_from_this()](GstPad*, GstPadProbeInfo*) noexcept {
        const auto input = weak.lock();
        return input ? input->dropOrWake() : GST_PAD_PROBE_DROP;
    });
}

/// Streaming thread.
GstPadProbeReturn TrackInput::dropOrWake() {
    {
        const std::lock_guard lock(mutex_);
        if (wake_ == Wake::never) return GST_PAD_PROBE_DROP;
        try {
            setDrain(std::make_unique<Drain>(tee_, drained_));
        } catch (const std::exception& error) {
            log::error("cannot wake a track ssrc={} error=\"{}\"", ssrc_, error.what());
            return GST_PAD_PROBE_DROP;
        }
        asleep_ = false;
    }
    marker_->holdNextPacket();
    onAwake_(shared_from_this());
    return GST_PAD_PROBE_REMOVE;
}

bool TrackInput::awake() const {
    const std::lock_guard lock(mutex_);
    return !asleep_;
}

void TrackInput::armDrain() {
    const std::lock_guard lock(mutex_);
    if (!drain_) setDrain(std::make_unique<Drain>(tee_, drained_));
    seat_ = {};
}

void TrackInput::disarmDrain() {
    const std::lock_guard lock(mutex_);
    seat_ = Audience::Seat(audience_);
    setDrain(nullptr);
}

void TrackInput::setDrain(std::unique_ptr<Drain> drain) {
    drain_ = std::move(drain);
    draining_.store(drain_ != nullptr, std::memory_order_relaxed);
}

void TrackInput::setBroker(std::shared_ptr<KeyframeBroker> broker) {
    marker_->setBroker(std::move(broker));
}

void TrackInput::requestKeyframe() {
    // With `all headers` the RTP session sends FIR where it may. Janus drops that, because a FIR names no
    // media in its header (RFC 5104 section 4.3.1.2); a PLI serves everybody who takes one.
    const auto caps = capsOf(source_.get());
    const bool pli =
        caps && gst_structure_has_field(gst_caps_get_structure(caps.get(), 0), "rtcp-fb-nack-pli");
    if (pli && sendPli_()) return;
    gst_pad_send_event(source_.get(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE,
                                                                                  pli ? FALSE : TRUE, 0));
}

std::string TrackInput::encoding() const {
    const auto caps = capsOf(source_.get());
    return caps ? gst::stringField(gst_caps_get_structure(caps.get(), 0), "encoding-name") : "";
}

std::uint32_t TrackInput::clockRate() const {
    const auto caps = capsOf(source_.get());
    gint rate = 0;
    if (caps) gst_structure_get_int(gst_caps_get_structure(caps.get(), 0), "clock-rate", &rate);
    return static_cast<std::uint32_t>(rate);
}

std::optional<rtp::Format> TrackInput::format() const {
    const auto caps = capsOf(source_.get());
    if (!caps) return std::nullopt;
    return rtp::formatOf(caps.get());
}

bool TrackInput::insidePush() const {
    if (!GST_PAD_STREAM_TRYLOCK(tee_.sink())) return true;
    GST_PAD_STREAM_UNLOCK(tee_.sink());
    return false;
}

} // namespace spillway::relay
