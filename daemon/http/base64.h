// Base64 in the alphabet of URLs, without padding (RFC 4648 section 5, RFC 7515 section 2). Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spillway::daemon::http {

std::string toBase64Url(std::string_view bytes);

/// Nothing for any other byte, padding included, and for text that toBase64Url() never gives.
std::optional<std::string> fromBase64Url(std::string_view text);

} // namespace spillway::daemon::http
