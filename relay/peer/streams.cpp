#include "relay/peer/streams.h"

#include "relay/base/log.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/probe.h"
#include "relay/jitter/element.h"
#include "relay/peer/rtpbin.h"
#include "relay/peer/shortcut.h"
#include "relay/rtp/packet.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace spillway::relay {

namespace {

/// Of jitter buffers, bytes for each stream that a peer may have: 10 Mbit/s for 100 ms.
constexpr std::size_t heldOfStream = std::size_t{128} * 1024;

constexpr auto dataProbe =
    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

/// What becomes of the data of a pad.
enum class PadUse {
    open,
    replaced, ///< the sender changed its payload type; open again with what comes next
    left,     ///< RTCP BYE; open again with a packet that was sent after it
    ended,    ///< for good
};

/// Whether data passes that a pad of webrtcbin stands for; shared with the probes.
struct PadState {
    std::uint32_t ssrc = 0;
    std::atomic<PadUse> use{PadUse::open};
};

/// 0 of what is no packet.
std::uint16_t sequenceOf(GstBuffer* buffer) {
    const auto packet = rtp::readPacket(gst::BufferMap(buffer).bytes());
    return packet ? packet->sequence : 0;
}

struct OpenPad {
    gst::Ref<GstPad> pad;    ///< webrtcbin's: events, and its end
    gst::Ref<GstPad> origin; ///< by which data comes
    std::shared_ptr<PadState> state;
    gst::PadProbe dataAfterEnd; ///< on `origin`
    gst::PadProbe endOfStream;  ///< on `pad`
};

struct Stream {
    gst::Ref<GstElement> jitterBuffer;
    std::uint64_t lost = 0;
    std::uint16_t lastBeforeBye = 0; ///< sequence number
    std::vector<OpenPad> pads;       ///< more than one when the sender changes the payload type
};

/// Of the pads of one SSRC, as another takes their place, which is not told as an end.
void replace(const std::vector<OpenPad>& pads) {
    for (const OpenPad& former : pads)
        if (former.state->use != PadUse::ended) former.state->use = PadUse::replaced;
}

} // namespace

struct PeerStreams::Shared {
    PeerStreams& owner; ///< only inside what is posted
    Poster post;
    GstElement* pipeline;
    const std::shared_ptr<Decryption> decryption;
    const std::shared_ptr<ReceiveGate> gate;
    std::size_t maxStreams;
    std::function<void(const IncomingPad&)> onPad;

    std::mutex mutex; ///< protects what follows; never held while calling out
    std::shared_ptr<const sdp::RemoteDescription> description;
    std::map<std::uint32_t, Stream> streams;
    std::set<std::uint32_t> unclaimed; ///< came before a description that names them, or nobody took them

    Shortcut shortcut;

    Shared(PeerStreams& streamsOwner, Poster poster, GstElement* padOwner, std::size_t most)
        : owner(streamsOwner)
        , post(std::move(poster))
        , pipeline(padOwner)
        , decryption(streamsOwner.decryption_)
        , gate(decryption->gate())
        , maxStreams(most)
        , onPad(streamsOwner.events_.onPad) {}

    /// Tells the end of a pad that was open.
    void close(PadState& state, PadUse use) {
        if (state.use.exchange(use) == PadUse::open)
            post([&streams = owner, ssrc = state.ssrc] { streams.events_.onGone(ssrc); });
    }

    void onJitterBuffer(GstElement* jitterBuffer, std::uint32_t ssrc);
    static void onPadAdded(const std::shared_ptr<Shared>& self, GstPad* pad);
    static void watch(const std::shared_ptr<Shared>& self, GstPad* pad, GstPad* origin,
                      const std::shared_ptr<PadState>& state);
    std::shared_ptr<const sdp::MediaLine> claim(const RtpPadName& name);
    bool handOver(GstPad* origin, const RtpPadName& name);
    std::function<void(const std::function<void()>&)> detourFor(std::uint32_t ssrc) const;
    void onPadRemoved(GstPad* pad);
    bool hushExits(std::uint32_t ssrc);
    void onBye(std::uint32_t ssrc);
    gst::Ref<GstElement> jitterBufferOf(std::uint32_t ssrc);
    bool opensAgain(PadState& state, GstBuffer* packet);
};

/// Streaming thread, before the first packet of the SSRC goes on.
void PeerStreams::Shared::onJitterBuffer(GstElement* jitterBuffer, std::uint32_t ssrc) {
    bool tooMany = false;
    bool nack = false;
    {
        const std::lock_guard lock(mutex);
        auto& stream = streams[ssrc];
        stream.jitterBuffer = gst::Ref<GstElement>::retain(jitterBuffer);
        tooMany = streams.size() > maxStreams;
        // An SSRC that no line names is known by its payload type only when its pad comes; most likely it is
        // video.
        const sdp::MediaLine* line = description ? description->lineOf(ssrc, 128) : nullptr;
        nack = line ? line->wantsNack() : true;
    }
    setUpJitterBuffer(jitterBuffer, nack);
    shortcut.add(ssrc, jitterBuffer);
    if (tooMany) {
        gate->shut();
        post([&streams = owner] { streams.events_.onTooMany(); });
    }
}

/// Streaming thread; data follows at once.
void PeerStreams::Shared::onPadAdded(const std::shared_ptr<Shared>& self, GstPad* pad) {
    if (gst_pad_get_direction(pad) != GST_PAD_SRC) return;
    const auto target = gst::Ref<GstPad>::adopt(gst_ghost_pad_get_target(gst::cast<GstGhostPad>(pad)));
    const auto name = readPadName(target.get());
    const auto state = std::make_shared<PadState>();
    if (!name || !self->gate->isOpen()) {
        gst::dropDataForever(pad);
        return;
    }
    const auto origin = takeOrigin(target.get());
    state->ssrc = name->ssrc;
    watch(self, pad, origin.get(), state);
    if (const auto jitterBuffer = self->jitterBufferOf(name->ssrc))
        jitter::setExit(jitterBuffer.get(), name->payloadType, origin);
    if (!self->handOver(origin.get(), *name)) state->use.store(PadUse::ended);
}

void PeerStreams::Shared::watch(const std::shared_ptr<Shared>& self, GstPad* pad, GstPad* origin,
                                const std::shared_ptr<PadState>& state) {
    OpenPad open{gst::Ref<GstPad>::retain(pad), gst::Ref<GstPad>::retain(origin), state, {}, {}};
    const std::weak_ptr<Shared> weak = self;
    open.dataAfterEnd = gst::PadProbe(origin, dataProbe, [weak, state](GstPadProbeInfo* info) {
        if (state->use.load(std::memory_order_relaxed) == PadUse::open) return GST_PAD_PROBE_OK;
        const auto shared = weak.lock();
        return shared && shared->opensAgain(*state, gst_pad_probe_info_get_buffer(info)) ? GST_PAD_PROBE_OK
                                                                                         : GST_PAD_PROBE_DROP;
    });
    open.endOfStream =
        gst::PadProbe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, [weak, state](GstPadProbeInfo* info) {
            if (GST_EVENT_TYPE(gst_pad_probe_info_get_event(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
            if (const auto shared = weak.lock()) shared->close(*state, PadUse::ended);
            return GST_PAD_PROBE_DROP;
        });
    const std::lock_guard lock(self->mutex);
    auto& pads = self->streams[state->ssrc].pads;
    replace(pads);
    pads.push_back(std::move(open));
}

/// The line of the stream, if the present description has one. If not, notes that nobody claims the stream,
/// before another description can be set: that makes it a new one.
std::shared_ptr<const sdp::MediaLine> PeerStreams::Shared::claim(const RtpPadName& name) {
    const std::lock_guard lock(mutex);
    const sdp::MediaLine* line = description ? description->lineOf(name.ssrc, name.payloadType) : nullptr;
    if (line) return {description, line};
    unclaimed.insert(name.ssrc);
    return nullptr;
}

std::function<void(const std::function<void()>&)> PeerStreams::Shared::detourFor(std::uint32_t ssrc) const {
    return [decryption = decryption, ssrc](const std::function<void()>& change) {
        auto detour = decryption->detour();
        change();
        detour.expectNew(ssrc);
    };
}

/// False when the pad has no consumer.
bool PeerStreams::Shared::handOver(GstPad* origin, const RtpPadName& name) {
    const auto line = claim(name);
    log::debug("peer stream ssrc={} payload_type={} mid={}", name.ssrc, name.payloadType,
               line ? line->mid : "none");
    if (!line) return false;
    try {
        IncomingPad incoming{origin, pipeline, line->mid, name.ssrc, line->media, detourFor(name.ssrc)};
        if (const auto jitterBuffer = jitterBufferOf(name.ssrc))
            incoming.clock = jitter::clockOf(jitterBuffer.get());
        if (onPad) onPad(incoming);
    } catch (const std::exception& error) {
        log::error("peer stream has no consumer ssrc={} error=\"{}\"", name.ssrc, error.what());
    }
    if (gst_pad_is_linked(origin)) return true;
    const std::lock_guard lock(mutex);
    unclaimed.insert(name.ssrc);
    return false;
}

/// Any thread.
void PeerStreams::Shared::onPadRemoved(GstPad* pad) {
    std::shared_ptr<PadState> removed;
    {
        const std::lock_guard lock(mutex);
        for (auto& [ssrc, stream] : streams)
            for (const OpenPad& open : stream.pads)
                if (open.pad.get() == pad) removed = open.state;
    }
    if (removed) close(*removed, PadUse::ended);
}

/// Loop, when nothing goes into the jitter buffer any more.
bool PeerStreams::Shared::hushExits(std::uint32_t ssrc) {
    std::vector<gst::Ref<GstPad>> exits;
    {
        const std::lock_guard lock(mutex);
        for (const OpenPad& open : streams[ssrc].pads)
            exits.push_back(open.origin);
    }
    return std::all_of(exits.begin(), exits.end(), [](const auto& exit) { return hush(exit.get()); });
}

gst::Ref<GstElement> PeerStreams::Shared::jitterBufferOf(std::uint32_t ssrc) {
    const std::lock_guard lock(mutex);
    const auto it = streams.find(ssrc);
    return it == streams.end() ? nullptr : it->second.jitterBuffer;
}

/// Thread that receives RTCP. What arrived up to now, held back or not, was sent before.
void PeerStreams::Shared::onBye(std::uint32_t ssrc) {
    const auto jitterBuffer = jitterBufferOf(ssrc);
    if (!jitterBuffer) return;
    const std::uint16_t newest = readNewest(jitterBuffer.get());
    std::vector<std::shared_ptr<PadState>> left;
    {
        const std::lock_guard lock(mutex);
        const auto it = streams.find(ssrc);
        if (it == streams.end()) return;
        it->second.lastBeforeBye = newest;
        for (const OpenPad& open : it->second.pads)
            if (open.state->use != PadUse::ended) left.push_back(open.state);
    }
    for (const auto& state : left)
        close(*state, PadUse::left);
}

/// Streaming thread. Packets come in order, so what comes on a pad that another replaced is newer.
bool PeerStreams::Shared::opensAgain(PadState& state, GstBuffer* packet) {
    const std::lock_guard lock(mutex);
    const auto it = streams.find(state.ssrc);
    if (it == streams.end() || state.use == PadUse::ended || !packet) return false;
    if (state.use == PadUse::left && !rtp::isAhead(sequenceOf(packet), it->second.lastBeforeBye))
        return false;
    replace(it->second.pads);
    state.use = PadUse::open;
    return true;
}

PeerStreams::PeerStreams(Loop& loop, GstElement* pipeline, GstElement* webrtcbin,
                         std::shared_ptr<Decryption> decryption, ExpectedStreams expected,
                         StreamEvents events)
    : webrtcbin_(webrtcbin)
    , decryption_(std::move(decryption))
    , rtpbin_(rtpbinOf(webrtcbin))
    , timers_(jitter::sharedTimers())
    , events_(std::move(events)) {
    takeOver(rtpbin_.get(), webrtcbin);
    shared_ = std::make_shared<Shared>(*this, loop.poster(lifetime_), pipeline, expected.most);
    using gst::SignalConnection;
    const auto shared = shared_;
    connections_.push_back(SignalConnection::connect<void(GstPad*)>(
        webrtcbin, "pad-added", [shared](GstPad* pad) { Shared::onPadAdded(shared, pad); }));
    connections_.push_back(SignalConnection::connect<void(GstPad*)>(
        webrtcbin, "pad-removed", [shared](GstPad* pad) { shared->onPadRemoved(pad); }));
    connections_.push_back(SignalConnection::connect<GstElement*(guint)>(
        rtpbin_.get(), "request-jitterbuffer",
        [timers = std::weak_ptr(timers_), pool = std::make_shared<jitter::Pool>(heldOfStream * expected.most),
         clocks = std::make_shared<rtp::SenderClocks>(expected.senders)](guint) {
            return jitter::newElement(timers, pool, clocks);
        }));
    connections_.push_back(SignalConnection::connect<void(GstElement*, guint, guint)>(
        rtpbin_.get(), "new-jitterbuffer", [shared](GstElement* jitterBuffer, guint, guint ssrc) {
            shared->onJitterBuffer(jitterBuffer, ssrc);
        }));
    connections_.push_back(SignalConnection::connect<void(GstElement*)>(
        rtpbin_.get(), "element-added", [](GstElement* element) { setUpSession(element); }));
    connections_.push_back(
        SignalConnection::connect<void(GstPad*)>(rtpbin_.get(), "pad-added", [shared](GstPad* pad) {
            if (const auto session = outputOfSession(pad)) shared->shortcut.begin(session.get());
        }));
    connections_.push_back(SignalConnection::connect<void(guint, guint)>(
        rtpbin_.get(), "on-bye-ssrc", [shared](guint, guint ssrc) { shared->onBye(ssrc); }));
}

PeerStreams::~PeerStreams() {
    connections_.clear();
    std::map<std::uint32_t, Stream> streams;
    const std::lock_guard lock(shared_->mutex);
    streams.swap(shared_->streams);
}

void PeerStreams::setDescription(std::shared_ptr<const sdp::RemoteDescription> description) {
    std::set<std::uint32_t> stale;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->description = std::move(description);
        // An SFU sends on a new line as soon as it has made the offer: the next packet makes a stream with a
        // line.
        stale.swap(shared_->unclaimed);
        // What only reported, on a line that carries nothing now, has no owner who would forget it.
        for (const auto& [ssrc, stream] : shared_->streams)
            if (stream.pads.empty() && !shared_->description->allows(ssrc)) stale.insert(ssrc);
    }
    for (const std::uint32_t ssrc : stale) {
        if (forget(ssrc)) continue;
        const std::lock_guard lock(shared_->mutex);
        shared_->unclaimed.insert(ssrc);
    }
}

void PeerStreams::readStatistics() {
    std::vector<std::pair<std::uint32_t, gst::Ref<GstElement>>> jitterBuffers;
    {
        const std::lock_guard lock(shared_->mutex);
        for (const auto& [ssrc, stream] : shared_->streams)
            jitterBuffers.emplace_back(ssrc, stream.jitterBuffer);
    }
    for (const auto& [ssrc, jitterBuffer] : jitterBuffers) {
        if (!jitterBuffer) continue;
        const std::uint64_t lost = readLost(jitterBuffer.get());
        const std::lock_guard lock(shared_->mutex);
        if (const auto it = shared_->streams.find(ssrc); it != shared_->streams.end()) it->second.lost = lost;
    }
}

std::uint64_t PeerStreams::lostPackets(std::uint32_t ssrc) const {
    const std::lock_guard lock(shared_->mutex);
    const auto it = shared_->streams.find(ssrc);
    return it == shared_->streams.end() ? 0 : it->second.lost;
}

bool PeerStreams::forget(std::uint32_t ssrc) {
    auto detour = decryption_->detour();
    gst::Ref<GstElement> jitterBuffer;
    {
        const std::lock_guard lock(shared_->mutex);
        const auto it = shared_->streams.find(ssrc);
        if (it == shared_->streams.end()) return true;
        jitterBuffer = it->second.jitterBuffer;
    }
    const bool rests = shared_->shortcut.remove(ssrc) && (!jitterBuffer || bringToRest(jitterBuffer.get())) &&
                       shared_->hushExits(ssrc);
    const auto held = rests ? holdStreams(rtpbin_.get()) : std::nullopt;
    if (!held) {
        log::warn("cannot free a stream yet: data is still in flight ssrc={}", ssrc);
        return false;
    }
    Stream stream; // with the pads that came until it was at rest
    {
        const std::lock_guard lock(shared_->mutex);
        const auto it = shared_->streams.find(ssrc);
        stream = std::move(it->second);
        shared_->streams.erase(it);
        shared_->unclaimed.erase(ssrc);
    }
    for (const OpenPad& open : stream.pads) {
        shared_->close(*open.state, PadUse::ended);
        // webrtcbin keeps its ghost pads when rtpbin's go.
        gst_element_remove_pad(webrtcbin_, open.pad.get());
    }
    freeStream(rtpbin_.get(), ssrc);
    detour.expectNew(ssrc);
    return true;
}

} // namespace spillway::relay
