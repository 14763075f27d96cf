// One ICE candidate line (RFC 8839 section 5.1). Pure code, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::relay::sdp {

inline constexpr std::size_t maxCandidates = 64; ///< that one peer may name in its life

struct Candidate {
    std::string text; ///< `candidate:…`, rebuilt from what was understood
    /// Whether checks can be made to it: UDP, component 1, a numeric address. Names (`….local`, RFC 8828) are
    /// not resolved: the peer's own checks make it known as peer reflexive.
    bool usable = false;
};

/// Takes `candidate:…`, also with `a=` before it. Nothing when it is not a candidate.
std::optional<Candidate> parseCandidate(std::string_view line);

/// The same address as one of another type. `text` is a candidate's that was parsed.
std::string retyped(const std::string& text);

} // namespace spillway::relay::sdp
