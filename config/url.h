// One check for each kind of URL in the configuration.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

/// `stun:`, `stuns:` (RFC 7064), `turn:`, `turns:` (RFC 7065). Throws std::invalid_argument, which says what
/// is wrong and what is allowed, and leaves the URL out when it may contain a password.
void checkIceUrl(std::string_view url);
/// The URL must have passed checkIceUrl().
bool isTurnUrl(std::string_view url);

/// A web origin (`https://example.org`, RFC 6454) or `*`. Throws std::invalid_argument as above.
void checkOrigin(std::string_view origin);

/// The URL of a WHEP server (`http:`, `https:`) or a WebSocket (`ws:`, `wss:`): a host, optionally a port,
/// path and query, but no user, password or fragment. Throw std::invalid_argument as above.
void checkHttpUrl(std::string_view url);
void checkWebSocketUrl(std::string_view url);

} // namespace spillway::config
