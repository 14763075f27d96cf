#include "relay/peer/ice.h"

#include "config/text.h"
#include "relay/base/audience.h"
#include "relay/base/log.h"
#include "relay/gst/element.h"
#include "relay/gst/property.h"
#include "relay/port/socket_buffers.h"
#include "relay/values/ice_login.h"

#include <nice/agent.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace spillway::relay {

namespace {

std::string percentEncoded(const std::string& text) {
    gchar* escaped = g_uri_escape_string(text.c_str(), nullptr, FALSE);
    std::string result(escaped);
    g_free(escaped);
    return result;
}

bool isStun(const config::IceServer& server) {
    return server.url.starts_with("stun");
}

void addServer(GstElement* webrtcbin, const config::IceServer& server, const std::string& label) {
    const auto uri = iceServerUri(server);
    gboolean added = FALSE;
    if (uri && isStun(server)) {
        g_object_set(webrtcbin, "stun-server", uri->c_str(), nullptr);
        added = TRUE;
    } else if (uri) {
        g_signal_emit_by_name(webrtcbin, "add-turn-server", uri->c_str(), &added);
    }
    if (!added) log::error("cannot use an ICE server {} url={}", label, server.url);
}

/// Of several STUN servers libnice asks one. That they take turns makes a dead one cost a peer, not the call.
void addServers(GstElement* webrtcbin, const PeerSettings& settings) {
    const auto stunServers = std::count_if(settings.iceServers.begin(), settings.iceServers.end(), isStun);
    const auto chosen =
        stunServers == 0 ? 0 : (settings.number - 1) % static_cast<std::uint64_t>(stunServers);
    std::uint64_t seen = 0;
    for (const config::IceServer& server : settings.iceServers)
        if (!isStun(server) || seen++ == chosen) addServer(webrtcbin, server, settings.label);
}

} // namespace

gst::Ref<NiceAgent> niceAgentOf(GstElement* webrtcbin) {
    const auto ice = gst::objectProperty<GObject>(webrtcbin, "ice-agent");
    return gst::objectProperty<NiceAgent>(ice.get(), "agent");
}

std::optional<std::string> iceServerUri(const config::IceServer& server) {
    const auto [scheme, rest] = splitAt(server.url, ':');
    const bool stun = scheme == "stun" || scheme == "stuns";
    const bool turn = scheme == "turn" || scheme == "turns";
    const auto [place, query] = splitAt(rest, '?');
    if ((!stun && !turn) || place.empty() || place.find_first_of("/@") != std::string_view::npos)
        return std::nullopt;
    std::string uri = std::string(scheme) + "://";
    const auto login = loginOf(server, std::chrono::system_clock::now() + ownLoginLife, "spillway");
    if (turn && !login.username.empty())
        uri += percentEncoded(login.username) + ":" +
               percentEncoded(login.password ? login.password->reveal() : std::string()) + "@";
    uri += place;
    if (turn && !query.empty()) uri.append("?").append(query);
    return uri;
}

gst::Ref<GstElement> webrtcbinWith(GObject* agent) {
    // webrtcbin 1.22 to 1.26 keeps the agent without a reference of its own, and drops one when it goes.
    g_object_ref(agent);
    GstElement* webrtcbin = gst_element_factory_make_full("webrtcbin", "ice-agent", agent, nullptr);
    if (!webrtcbin) throw std::runtime_error("GStreamer lacks the element webrtcbin");
    return gst::Ref<GstElement>::sink(webrtcbin);
}

bool enlargeSocketBuffers(NiceAgent* agent) {
    constexpr int bytes = 4 * 1024 * 1024; // the kernel doubles it
    GPtrArray* sockets = nice_agent_get_sockets(agent, 1, NICE_COMPONENT_TYPE_RTP);
    bool suffice = true;
    for (guint i = 0; sockets && i < sockets->len; ++i) {
        const int socket = g_socket_get_fd(static_cast<GSocket*>(g_ptr_array_index(sockets, i)));
        port::setSocketBuffers(socket, bytes, true);
        suffice = suffice && port::holdingTime(socket) >= Audience::pause;
    }
    if (sockets) g_ptr_array_unref(sockets);
    return suffice;
}

void configureIce(GstElement* webrtcbin, const PeerSettings& settings) {
    const auto iceRef = gst::objectProperty<GObject>(webrtcbin, "ice-agent");
    GObject* ice = iceRef.get();
    const auto agent = niceAgentOf(webrtcbin);

    g_object_set(ice, "ice-tcp", gboolean{settings.tcp}, "ice-udp", gboolean{!settings.tcp}, nullptr);
    if (settings.portRange)
        g_object_set(ice, "min-rtp-port", guint{settings.portRange->first}, "max-rtp-port",
                     guint{settings.portRange->last}, nullptr);
    // UPnP costs a thread, ten descriptors and multicast for each peer.
    // Checks are paced as fast as RFC 8445 section 14.2 allows (5 ms): that is what a join waits for.
    // Who answers is controlled (RFC 8445 section 6.1.1). webrtcbin sees to that when it makes an answer,
    // which it is not asked for; with our offer, or an ice-lite peer, it takes control.
    g_object_set(agent.get(), "upnp", FALSE, "keepalive-conncheck", TRUE, "stun-pacing-timer", 5U,
                 "controlling-mode", FALSE, nullptr);
    if (settings.loopbackOnly) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
        if (!added) log::error("cannot bind a peer to loopback {}", settings.label);
        return;
    }
    addServers(webrtcbin, settings);
}

} // namespace spillway::relay
