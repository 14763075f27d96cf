// The body of a trickle PATCH, `application/trickle-ice-sdpfrag` (RFC 8840 section 9, RFC 9725 section 4.3).
// Comes in: bytes from anybody. Goes out: credentials and candidates, or what is wrong. Pure code, any
// thread.
#pragma once

#include "relay/sdp/error.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

struct TrickledCandidate {
    std::string mid;
    std::string candidate; ///< `candidate:…` without `a=`
};

struct Fragment {
    std::string ufrag; ///< empty when the fragment names none
    std::string pwd;
    std::vector<TrickledCandidate> candidates;
    bool endOfCandidates = false;
};

inline constexpr std::size_t maxFragmentBytes = std::size_t{16} * 1024;
inline constexpr std::size_t maxFragmentCandidates = 64;

/// Lines that RFC 8840 does not name are skipped; a candidate line that is none is an error, and so are
/// limits.
std::variant<Fragment, Error> parseFragment(std::string_view body);

} // namespace spillway::relay::sdp
