#include "relay/peer/srtp_contexts.h"

#include "relay/gst/bin.h"
#include "relay/gst/element.h"
#include "relay/gst/probe.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

namespace spillway::relay {

namespace {

using Rollovers = std::map<std::uint32_t, std::uint32_t>; ///< SSRC -> rollover counter

/// Of every context there is. Streaming thread of srtpdec.
Rollovers readRollovers(GstElement* srtpdec) {
    Rollovers rollovers;
    GstStructure* stats = nullptr;
    g_object_get(srtpdec, "stats", &stats, nullptr);
    const GValue* streams = stats ? gst_structure_get_value(stats, "streams") : nullptr;
    for (guint i = 0; streams && i < gst_value_array_get_size(streams); ++i) {
        const GstStructure* stream = gst_value_get_structure(gst_value_array_get_value(streams, i));
        guint ssrc = 0;
        guint rollover = 0;
        if (gst_structure_get_uint(stream, "ssrc", &ssrc) && gst_structure_get_uint(stream, "roc", &rollover))
            rollovers.emplace(ssrc, rollover);
    }
    if (stats) gst_structure_free(stats);
    return rollovers;
}

/// RTP with a tag that nobody made: srtpdec makes a context for its SSRC, and drops it.
GstBuffer* makeForged(std::uint32_t ssrc) {
    std::array<guint8, 40> packet{0x80, 96};
    GST_WRITE_UINT32_BE(packet.data() + 8, ssrc);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, packet.size(), nullptr);
    gst_buffer_fill(buffer, 0, packet.data(), packet.size());
    return buffer;
}

constexpr std::uint32_t mirrored(std::uint32_t ssrc) {
    return (ssrc >> 24U) | ((ssrc >> 8U) & 0xFF00U) | ((ssrc << 8U) & 0xFF0000U) | (ssrc << 24U);
}

/// srtpdec 1.22 to 1.26 names the SSRC to libsrtp in the host's byte order where libsrtp 2 wants that of the
/// network, and so removes its own half of the context alone. With a context for the mirrored number too,
/// each of the two removes the other's.
void freeContext(GstElement* srtpdec, GstPad* sink, std::uint32_t ssrc, const Rollovers& known) {
    const std::uint32_t mirror = mirrored(ssrc);
    if (!known.contains(ssrc) || (mirror != ssrc && known.contains(mirror))) return;
    if (mirror != ssrc) gst_pad_chain(sink, makeForged(mirror));
    g_signal_emit_by_name(srtpdec, "remove-key", ssrc);
    if (mirror != ssrc) g_signal_emit_by_name(srtpdec, "remove-key", mirror);
}

} // namespace

struct SrtpContexts::State {
    gst::Ref<GstElement> srtpdec;
    gst::Ref<GstPad> sink;
    gst::PadProbe probe;
    std::atomic<bool> due{false};

    std::mutex mutex;                     ///< protects what follows
    std::deque<std::uint32_t> retired;    ///< oldest first
    std::deque<std::uint32_t> rolledOver; ///< older than those, oldest first

    bool attach(GstElement* webrtcbin, const std::shared_ptr<State>& self);
    void freeDue();
    std::vector<std::uint32_t> takeDue(const Rollovers& rollovers);
};

bool SrtpContexts::State::attach(GstElement* webrtcbin, const std::shared_ptr<State>& self) {
    if (srtpdec) return true;
    const auto found = gst::elementsOf(webrtcbin, "srtpdec");
    if (found.empty()) return false;
    srtpdec = found.front();
    sink = gst::staticPad(srtpdec.get(), "rtp_sink");
    probe =
        gst::PadProbe(sink.get(), GST_PAD_PROBE_TYPE_BUFFER, [weak = std::weak_ptr(self)](GstPadProbeInfo*) {
            const auto state = weak.lock();
            if (state && state->due.load(std::memory_order_relaxed)) state->freeDue();
            return GST_PAD_PROBE_OK;
        });
    return true;
}

/// Streaming thread.
void SrtpContexts::State::freeDue() {
    due.store(false);
    const Rollovers rollovers = readRollovers(srtpdec.get());
    for (const std::uint32_t ssrc : takeDue(rollovers))
        freeContext(srtpdec.get(), sink.get(), ssrc, rollovers);
}

std::vector<std::uint32_t> SrtpContexts::State::takeDue(const Rollovers& rollovers) {
    std::vector<std::uint32_t> taken;
    const std::lock_guard lock(mutex);
    for (; retired.size() > kept; retired.pop_front()) {
        const auto found = rollovers.find(retired.front());
        const bool rolled = found != rollovers.end() && found->second > 0;
        if (rolled)
            rolledOver.push_back(retired.front());
        else
            taken.push_back(retired.front());
    }
    for (; rolledOver.size() > keptRolledOver; rolledOver.pop_front())
        taken.push_back(rolledOver.front());
    return taken;
}

SrtpContexts::SrtpContexts(GstElement* webrtcbin)
    : webrtcbin_(webrtcbin)
    , state_(std::make_shared<State>()) {}

SrtpContexts::~SrtpContexts() {
    state_->probe.remove();
}

void SrtpContexts::retire(std::uint32_t ssrc) {
    revive(ssrc);
    const std::lock_guard lock(state_->mutex);
    state_->retired.push_back(ssrc);
    if (state_->retired.size() > kept) state_->due.store(state_->attach(webrtcbin_, state_));
}

void SrtpContexts::revive(std::uint32_t ssrc) {
    const std::lock_guard lock(state_->mutex);
    std::erase(state_->retired, ssrc);
    std::erase(state_->rolledOver, ssrc);
}

} // namespace spillway::relay
