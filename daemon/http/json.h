// JSON out: bytes that are not UTF-8 (display names come from outside) are replaced, never an error.
#pragma once

#include "daemon/http/message.h"

#include <nlohmann/json.hpp>

namespace spillway::daemon::http {

using Json = nlohmann::ordered_json;

inline std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

inline Response jsonResponse(const Json& json, unsigned status = 200) {
    return {status, "application/json", dump(json)};
}

} // namespace spillway::daemon::http
