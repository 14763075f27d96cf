// Where a WHEP server points us to. Pure code, any thread.
#pragma once

#include <optional>
#include <string>

namespace spillway::daemon::whep {

/// `reference` (`/session/1`, `https://other/…`) as seen from `base` (RFC 3986 section 5.2). Nothing when it
/// is none, not http or https, or leads from https to http.
std::optional<std::string> resolved(const std::string& base, const std::string& reference);

/// Whether the token for `configured` may be sent to `target`: to the same host only, and never from https to
/// http. Not to another host, whoever named it: a redirect must not hand our token on.
bool mayCarryToken(const std::string& configured, const std::string& target);

/// RFC 6454 section 5: scheme, host and port.
bool isSameOrigin(const std::string& one, const std::string& other);

} // namespace spillway::daemon::whep
