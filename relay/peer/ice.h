// Settings of webrtcbin's ICE agent. Loop thread, before the first description is set.
#pragma once

#include "relay/gst/ref.h"
#include "relay/peer/settings.h"

#include <gst/gst.h>

#include <optional>
#include <string>

using NiceAgent = struct _NiceAgent;

namespace spillway::relay {

/// UPnP off, UDP or TCP, keepalive checks on, STUN and TURN servers, loopback only where wanted. Logs a
/// server that it cannot read and goes on without.
void configureIce(GstElement* webrtcbin, const PeerSettings& settings);

/// Gives libnice's sockets the buffers that the node's port has, once it has gathered: publishers that do not
/// pace, and SFUs, send keyframes of hundreds of packets at once. Any time after the first description is
/// set. Whether they hold what comes in Audience::pause.
bool enlargeSocketBuffers(NiceAgent* agent);

/// The libnice agent of a webrtcbin that has one.
gst::Ref<NiceAgent> niceAgentOf(GstElement* webrtcbin);

/// A webrtcbin whose ICE is that agent's, a GstWebRTCICE.
gst::Ref<GstElement> webrtcbinWith(GObject* agent);

/// `stun://host:port` or `turn://user:password@host:port?transport=udp`, with user and password
/// percent-encoded, as webrtcbin wants it. Nothing when `server.url` is no RFC 7064 or RFC 7065 URI.
std::optional<std::string> iceServerUri(const config::IceServer& server);

} // namespace spillway::relay
