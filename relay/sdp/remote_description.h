// A remote description, read: the first half of the line lens between a peer and webrtcbin.
//
// Comes in: an SDP offer (or an answer to ours) from anybody. Goes out: what of it we carry, the description
// as webrtcbin is to see it (only lines it may know, rebuilt from what was understood, so that no quirk of a
// peer reaches GStreamer), and which m-line an SSRC or payload type belongs to. Pure code, any thread.
#pragma once

#include "config/settings.h"
#include "relay/sdp/error.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"
#include "relay/sdp/media_line.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

struct RemoteDescription {
    std::vector<MediaLine> lines;
    std::string origin; ///< `- <session> <version> IN IP4 0.0.0.0`
    IceCredentials ice;
    Fingerprint fingerprint;
    std::string setup; ///< `actpass`, `active` or `passive`
    bool bundled = false;
    bool trickle = false;
    bool iceLite = false;
    std::vector<std::string> candidates; ///< `candidate:…`, usable ones only
    std::vector<std::size_t> order;      ///< of the lines that are shown, as webrtcbin knows them

    const MediaLine* lineOf(std::string_view mid) const;
    /// By the SSRC if a line that is shown names it, else by the payload type if only one line can be meant;
    /// null when neither is known.
    const MediaLine* lineOf(std::uint32_t ssrc, unsigned payloadType) const;
    /// Whether that line may send with this SSRC.
    bool allows(std::string_view mid, std::uint32_t ssrc) const;
    /// Whether any line may.
    bool allows(std::uint32_t ssrc) const;

    /// Of all lines that are carried.
    std::vector<std::uint32_t> ssrcs() const;
    /// Whether a line of pictures takes REMB, and we use it.
    bool takesRemb() const;

    /// The description as webrtcbin is to see it: every line that is shown sends, and webrtcbin is the DTLS
    /// server wherever it may be. Its first line is the bundle's own. Without the candidates.
    std::string textForWebrtcbin() const;
};

/// Who wrote a description.
enum class Author {
    /// At most one audio and one video line are carried (RFC 9725 section 4.2). An error when nothing is.
    publisher,
    /// Any number of lines, which share payload types, and of which none may send just now.
    sfu,
};

/// Whether its author is to be told what it may send at most.
enum class Remb { unused, used };

/// Other kinds than audio and video, and lines with nothing that we carry, are refused one by one.
std::variant<RemoteDescription, Error> readRemoteDescription(std::string_view text,
                                                             const std::vector<config::Codec>& videoCodecs,
                                                             Author author, Remb remb = Remb::unused);

} // namespace spillway::relay::sdp
