// Offer and answer of a webrtcbin without the relay's own Peer. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/gst/element.h"
#include "relay/gst/promise.h"
#include "relay/peer/ice.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>

namespace spillway::bench {

/// Set up as the relay's own: bundled, no UPnP, loopback only, jitter buffers of 100 ms.
inline gst::Ref<GstElement> makeWebrtcbin() {
    auto webrtcbin = gst::makeElement("webrtcbin");
    relay::PeerSettings settings;
    settings.label = "bench";
    settings.loopbackOnly = true;
    g_object_set(webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
                 static_cast<guint>(settings.jitter.count()), nullptr);
    relay::configureIce(webrtcbin.get(), settings);
    return webrtcbin;
}

struct FreeDescription {
    void operator()(GstWebRTCSessionDescription* description) const {
        gst_webrtc_session_description_free(description);
    }
};
using Description = std::unique_ptr<GstWebRTCSessionDescription, FreeDescription>;

inline Description create(relay::Loop& loop, GstElement* webrtcbin, const std::string& kind) {
    struct Reply {
        std::atomic<bool> there{false};
        Description description;
    };
    const auto reply = std::make_shared<Reply>();
    const gst::Promise promise([reply, kind](const GstStructure* structure) {
        GstWebRTCSessionDescription* description = nullptr;
        if (structure)
            gst_structure_get(structure, kind.c_str(), GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description,
                              nullptr);
        reply->description.reset(description);
        reply->there = true;
    });
    g_signal_emit_by_name(webrtcbin, ("create-" + kind).c_str(), nullptr, promise.get());
    loop.runUntil([&] { return reply->there.load(); }, std::chrono::seconds(10));
    if (!reply->there || !reply->description) throw std::runtime_error("webrtcbin gives no " + kind);
    return std::move(reply->description);
}

/// `kind` is `offer` or `answer`; returns its text with all candidates in it. Throws std::runtime_error.
inline std::string describeLocal(relay::Loop& loop, GstElement* webrtcbin, const std::string& kind) {
    g_signal_emit_by_name(webrtcbin, "set-local-description", create(loop, webrtcbin, kind).get(), nullptr);
    const auto gathered = [webrtcbin] {
        GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
        g_object_get(webrtcbin, "ice-gathering-state", &state, nullptr);
        return state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE;
    };
    if (!loop.runUntil(gathered, std::chrono::seconds(10)))
        throw std::runtime_error("webrtcbin gathers no candidates");
    GstWebRTCSessionDescription* local = nullptr;
    g_object_get(webrtcbin, "local-description", &local, nullptr);
    const Description owner(local);
    gchar* text = gst_sdp_message_as_text(local->sdp);
    std::string sdp(text);
    g_free(text);
    return sdp;
}

inline void describeRemote(GstElement* webrtcbin, GstWebRTCSDPType type, const std::string& sdp) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(sdp.c_str(), &message) != GST_SDP_OK)
        throw std::runtime_error("the other side's description is no SDP");
    const Description description(gst_webrtc_session_description_new(type, message));
    g_signal_emit_by_name(webrtcbin, "set-remote-description", description.get(), nullptr);
}

} // namespace spillway::bench
