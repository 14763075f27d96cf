// What comes of an offer or an answer, and why a peer is lost.
#pragma once

#include <optional>
#include <string>

namespace spillway::relay {

/// The label value of peer_lost_total: `ice`, `timeout`, `dtls`, `fingerprint`, `signalling`.
enum class LostCause { ice, timeout, dtls, fingerprint, signalling };
const char* lostCauseName(LostCause cause);

/// Why an offer was not answered.
struct NegotiationError {
    enum class Kind {
        malformed,   ///< theirs: not an SDP we can read (400)
        unsupported, ///< theirs: nothing in it that we can carry, or over the limits (422)
        internal,    ///< ours, or out of time (500)
        newPeer, ///< the offer is for a new transport (other ICE credentials): only another peer can take it
    };
    Kind kind;
    std::string detail;
};

struct LocalDescription {
    std::string sdp;
    std::optional<NegotiationError> error; ///< when set, sdp is empty
};

} // namespace spillway::relay
