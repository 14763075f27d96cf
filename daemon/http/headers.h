// libsoup's header fields as a map. Pure.
#pragma once

#include <libsoup/soup.h>

#include <map>
#include <string>

namespace spillway::daemon::http {

/// By names in lower case. A field that was sent twice becomes a list (RFC 9110 section 5.3).
std::map<std::string, std::string> readHeaders(SoupMessageHeaders* headers);

} // namespace spillway::daemon::http
