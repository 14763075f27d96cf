// The media types of WHIP's and WHEP's bodies (RFC 9725 section 4).
#pragma once

namespace spillway::daemon::http_session {

inline constexpr const char* sdpType = "application/sdp";
inline constexpr const char* trickleType = "application/trickle-ice-sdpfrag";

} // namespace spillway::daemon::http_session
