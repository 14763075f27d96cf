// A PATCH on a session: candidates that a publisher or a viewer found after its offer (RFC 9725 section 4.3).
// Loop thread.
#pragma once

#include "daemon/http/message.h"
#include "relay/call/call.h"
#include "relay/sdp/fragment.h"

#include <optional>
#include <string>
#include <variant>

namespace spillway::daemon::whip {

inline constexpr const char* trickleType = "application/trickle-ice-sdpfrag";

/// 428 without `If-Match`, 412 when it names another ICE session than `etag`; nothing when it matches or is
/// `*`.
std::optional<http::Response> refusePrecondition(const http::Request& request, const std::string& etag);

/// The body, or what is wrong with it: credentials other than those of `ufrag` would be an ICE restart.
std::variant<relay::sdp::Fragment, http::Response> readFragment(const std::string& body,
                                                                const std::string& ufrag);

/// Hands the candidates to the peer: 204, or what is wrong with the body.
http::Response trickle(const std::string& body, relay::Call& call, relay::PeerId peer);

} // namespace spillway::daemon::whip
