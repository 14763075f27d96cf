// How the API says that a call or subscription cannot be made.
#pragma once

#include "config/loader.h"
#include "daemon/http/message.h"
#include "relay/values/refused.h"

#include <string>
#include <vector>

namespace spillway::daemon::http {

/// The media types of a body that is read as an element of the configuration.
inline constexpr const char* elementTypes = "application/json, application/yaml";

Response refusal(const relay::Refused& refused);
/// `what`: `call`, `subscription`.
Response invalid(const std::string& what, const std::vector<config::Problem>& problems);

} // namespace spillway::daemon::http
