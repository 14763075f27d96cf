// The parts that the offer for webrtcbin and the answer have in common. Pure code, any thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/remote_description.h"

#include <string>
#include <vector>

namespace spillway::relay::sdp {

/// ICE and DTLS parameters of one side, the same on every line of the bundle.
struct Transport {
    IceCredentials ice;
    std::string fingerprint; ///< value of `a=fingerprint`
    std::string setup;       ///< value of `a=setup`
    bool iceLite = false;    ///< for the peer to know (RFC 8839 section 5.3)
};

/// Lines that the peer's description does not name are known to webrtcbin alone.
enum class Named { only, orNot };

/// Whether the line is refused, but stays inside the BUNDLE group: its transport is that of all, and browsers
/// under `max-bundle` cannot apply an answer without it.
bool isHeld(const RemoteDescription& offer, const MediaLine& line);

/// `BUNDLE` and the mids of all lines that are shown; for the peer those of its own group, of which the one
/// that it named first is first, also when it is held.
std::string bundleGroup(const RemoteDescription& offer, Named named);

/// Session part with `a=group:BUNDLE` of all lines that are shown, without sections.
Description bundleOf(const RemoteDescription& offer);

/// Kind, payloads with all that is said about them, header extensions, mid and RTCP multiplexing of a carried
/// line.
Section mediaSection(const MediaLine& line);

/// The SSRCs of a line, for webrtcbin alone: it reads no further than the number. The dot keeps the SDP
/// parser of GStreamer (1.22 to 1.26) from it, which would keep a name for each SSRC for the life of the
/// process.
void addSsrcs(Section& section, const MediaLine& line);

/// A line that is refused: port 0 and inactive.
Section refusedSection(const MediaLine& line);

/// A line that carries nothing but the transport: inactive, with its port.
Section heldSection(const MediaLine& line, const Transport& transport);

/// `candidate:…` each.
void addCandidates(Section& section, const std::vector<std::string>& candidates);

void addTransport(Section& section, const Transport& transport);

} // namespace spillway::relay::sdp
