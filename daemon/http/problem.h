// Errors as `application/problem+json` (RFC 9457): type, title, status, detail, and `errors` when there are
// several.
#pragma once

#include "daemon/http/message.h"

#include <chrono>

namespace spillway::daemon::http {

Response problem(unsigned status, const std::string& detail, const std::vector<std::string>& errors = {});

/// 403: a token for this part of the node does not reach that.
Response outside(const Scope& scope);

/// 429 and 503: trying again after `retryAfter` may help.
Response problem(unsigned status, const std::string& detail, std::chrono::seconds retryAfter);

} // namespace spillway::daemon::http
