// The line lens: between a publisher's offer and webrtcbin.
//
// Comes in: an SDP offer from anybody. Goes out: what of it we carry, the offer as webrtcbin is to see it
// (only carried lines, rebuilt from what was understood, so that no quirk of a publisher reaches GStreamer),
// and which m-line an SSRC or payload type belongs to. Pure code, any thread.
#pragma once

#include "relay/frame.h"
#include "relay/sdp/codec.h"
#include "relay/sdp/fingerprint.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// A header extension (RFC 8285) that we carry.
struct Extension {
    unsigned id = 0;
    std::string uri;
};

/// One m-line of the offer, at its place.
struct OfferedLine {
    std::string kind; ///< `audio`, `video`, `application` …
    std::string protocol;
    std::string firstFormat;
    std::string mid; ///< empty only for a line that is not carried
    bool carried = false;

    // Only for a carried line:
    MediaKind media = MediaKind::video;
    std::vector<Payload> payloads;
    std::vector<Extension> extensions;
    std::vector<std::uint32_t> ssrcs;
    bool reducedSizeRtcp = false;

    bool wantsNack() const;
};

struct Offer {
    std::vector<OfferedLine> lines;
    std::string origin; ///< `- <session> <version> IN IP4 0.0.0.0`
    std::string ufrag;
    std::string pwd;
    Fingerprint fingerprint;
    std::string setup; ///< `actpass`, `active` or `passive`
    bool bundled = false;
    bool trickle = false;
    bool iceLite = false;
    std::vector<std::string> candidates; ///< `candidate:…`, usable ones only

    const OfferedLine* lineOf(std::string_view mid) const;
    /// By the SSRC if a line names it, else by the payload type; null when neither is known.
    const OfferedLine* lineOf(std::uint32_t ssrc, unsigned payloadType) const;

    /// The offer as webrtcbin is to see it. Its first line is the bundle's own.
    std::string textForWebrtcbin() const;
};

/// At most one audio and one video line are carried (RFC 9725 section 4.2); other kinds, and lines with
/// nothing that we carry, are refused one by one. An error when nothing is left.
std::variant<Offer, Error> readOffer(std::string_view text, const std::vector<config::Codec>& videoCodecs);

} // namespace spillway::relay::sdp
