// Trickle ICE over HTTP: candidates that came after the offer, as fragments in PATCH requests on a session
// (RFC 9725 section 4.3, RFC 8840 section 9). The servers check and read them, the client writes them. Pure
// code, any thread.
#pragma once

#include "daemon/http/message.h"
#include "relay/sdp/fragment.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace spillway::daemon::http_session {

/// 428 without `If-Match`, 412 when it names another ICE session than `etag`; nothing when it matches or is
/// `*`.
std::optional<http::Response> refusePrecondition(const http::Request& request, const std::string& etag);

/// The body, or what is wrong with it: credentials other than those of `ufrag` would be an ICE restart.
std::variant<relay::sdp::Fragment, http::Response> readFragment(const std::string& body,
                                                                const std::string& ufrag);

/// Our candidates that the server does not know yet.
class Trickle {
  public:
    /// What we sent last, offer or answer: candidates belong to it.
    void describe(const std::string& sdp) { description_ = sdp; }
    /// Beyond a bound they are dropped here; those of lines that are not in the description, by take().
    void add(const std::string& mid, const std::string& candidate);
    bool empty() const { return candidates_.empty(); }
    /// The body of a PATCH with all of them; nothing remains.
    std::string take();

  private:
    static constexpr std::size_t maxCandidates = 64;

    std::string description_;
    std::vector<std::pair<std::string, std::string>> candidates_; ///< by mid
};

} // namespace spillway::daemon::http_session
