#include "relay/peer/rtpbin.h"

#include "relay/base/log.h"
#include "relay/gst/bin.h"
#include "relay/gst/element.h"
#include "relay/gst/probe.h"

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace spillway::relay {

namespace {

constexpr std::chrono::milliseconds longestPush{500}; // a first packet waits up to 100 ms for the loop

} // namespace

gst::Ref<GstElement> rtpbinOf(GstElement* webrtcbin) {
    auto rtpbin = gst::Ref<GstElement>::adopt(gst_bin_get_by_name(gst::cast<GstBin>(webrtcbin), "rtpbin"));
    if (!rtpbin) throw std::runtime_error("webrtcbin has no rtpbin");
    return rtpbin;
}

std::optional<RtpPadName> readPadName(GstPad* rtpbinPad) {
    unsigned session = 0;
    RtpPadName name;
    if (!rtpbinPad || std::sscanf(gst::cast<GstObject>(rtpbinPad)->name, "recv_rtp_src_%u_%u_%u", &session,
                                  &name.ssrc, &name.payloadType) != 3)
        return std::nullopt;
    return name;
}

gst::Ref<GstPad> takeOrigin(GstPad* rtpbinPad) {
    auto* ghost = gst::cast<GstGhostPad>(rtpbinPad);
    auto origin = gst::Ref<GstPad>::adopt(gst_ghost_pad_get_target(ghost));
    gst_ghost_pad_set_target(ghost, nullptr);
    return origin;
}

gst::Ref<GstPad> outputOfSession(GstPad* rtpbinPad) {
    if (!std::string_view(GST_OBJECT_NAME(rtpbinPad)).starts_with("recv_rtp_sink_")) return nullptr;
    const auto entry = gst::Ref<GstPad>::adopt(gst_ghost_pad_get_target(gst::cast<GstGhostPad>(rtpbinPad)));
    const auto session = gst::Ref<GstElement>::adopt(gst_pad_get_parent_element(entry.get()));
    return gst::staticPad(session.get(), "recv_rtp_src");
}

void takeOver(GstElement* rtpbin, GstElement* webrtcbin) {
    // The first is emitted under the lock of an RTP session, which rtpbin takes under its own to free a
    // stream, and webrtcbin's handler waits for webrtcbin's lock, under which a description that is set asks
    // rtpbin for a session: when all three happened at once, all three stood still for ever. Two serve
    // FEC, which is never negotiated: a decoder for each SSRC, which nobody frees, and the packets of the
    // last quarter of a second, kept for ever once an SSRC is silent. The last one makes a thread that keeps
    // what we send for retransmissions: we send no media.
    for (const char* signal :
         {"new-jitterbuffer", "request-fec-decoder-full", "new-storage", "request-aux-sender"}) {
        const auto taken = g_signal_handlers_disconnect_matched(
            rtpbin, static_cast<GSignalMatchType>(G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DATA),
            g_signal_lookup(signal, G_OBJECT_TYPE(rtpbin)), 0, nullptr, nullptr, webrtcbin);
        if (taken == 0) log::warn("webrtcbin has another handler than expected signal={}", signal);
    }
}

/// By default the RTP session takes the bandwidth of RTCP from that of the media, and a request for a
/// keyframe waits for its turn: at 200 kbit/s up to 800 ms. With this one, a turn comes about every 100 ms.
/// Nor is a second packet awaited before a source counts (RFC 3550 appendix A.1): SRTP has vouched for it.
void setUpSession(GstElement* element) {
    constexpr gdouble bitsPerSecond = 1e6;
    if (gst::isMadeBy(element, "rtpsession"))
        g_object_set(element, "bandwidth", bitsPerSecond, "probation", 0U, nullptr);
}

void reportArrivals(GstElement* rtpbin, std::optional<std::chrono::nanoseconds> period) {
    GObject* internal = nullptr;
    g_signal_emit_by_name(rtpbin, "get-internal-session", 0U, &internal);
    const auto session = gst::Ref<GObject>::adopt(internal);
    const GstClockTime interval = period ? static_cast<GstClockTime>(period->count()) : GST_CLOCK_TIME_NONE;
    if (session) g_object_set(session.get(), "twcc-feedback-interval", interval, nullptr);
}

void setUpJitterBuffer(GstElement* jitterBuffer, bool retransmissions) {
    g_object_set(jitterBuffer, "do-retransmission", retransmissions ? TRUE : FALSE, nullptr);
}

std::uint16_t readNewest(GstElement* jitterBuffer) {
    guint newest = 0;
    g_object_get(jitterBuffer, "newest-sequence", &newest, nullptr);
    return static_cast<std::uint16_t>(newest);
}

std::uint64_t readLost(GstElement* jitterBuffer) {
    GstStructure* stats = nullptr;
    g_object_get(jitterBuffer, "stats", &stats, nullptr);
    guint64 lost = 0;
    if (stats) {
        gst_structure_get_uint64(stats, "num-lost", &lost);
        gst_structure_free(stats);
    }
    return lost;
}

bool hush(GstPad* source) {
    gst::dropDataForever(source);
    return gst::awaitIdle(source, longestPush);
}

bool bringToRest(GstElement* jitterBuffer) {
    for (const char* name : {"sink", "sink_rtcp"}) {
        const auto source = gst::peerPad(jitterBuffer, name);
        if (source && !hush(source.get())) return false;
    }
    return hush(gst::staticPad(jitterBuffer, "src").get());
}

std::optional<std::vector<gst::PadProbe>> holdStreams(GstElement* rtpbin) {
    std::vector<gst::PadProbe> holds;
    for (const auto& demux : gst::elementsOf(rtpbin, "rtpssrcdemux")) {
        for (const char* name : {"sink", "rtcp_sink"}) {
            const auto source = gst::peerPad(demux.get(), name);
            if (!source) continue;
            holds.emplace_back(source.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
                               [](GstPadProbeInfo*) { return GST_PAD_PROBE_OK; });
            if (!gst::awaitIdle(source.get(), longestPush)) return std::nullopt;
        }
    }
    return holds;
}

void freeStream(GstElement* rtpbin, std::uint32_t ssrc) {
    for (const auto& demux : gst::elementsOf(rtpbin, "rtpssrcdemux"))
        g_signal_emit_by_name(demux.get(), "clear-ssrc", ssrc);
}

} // namespace spillway::relay
