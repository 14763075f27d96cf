// The kinds of URL in the configuration, each with its one check.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

/// `stun:`, `stuns:` (RFC 7064), `turn:`, `turns:` (RFC 7065). Throws std::invalid_argument that says what is
/// wrong and what is allowed, without the URL itself when it seems to hold a password.
void checkIceUrl(std::string_view url);
/// Of a checked URL.
bool isTurnUrl(std::string_view url);

/// A web origin (`https://example.org`, RFC 6454) or `*`. Throws std::invalid_argument as above.
void checkOrigin(std::string_view origin);

/// Where a WHEP server is (`http:`, `https:`), and where a WebSocket is (`ws:`, `wss:`): with a host, perhaps
/// a port, path and query, but without user, password and fragment. Throw std::invalid_argument as above.
void checkHttpUrl(std::string_view url);
void checkWebSocketUrl(std::string_view url);

} // namespace spillway::config
