// A POST that makes an element of the configuration: read the body, make it, describe it.
#pragma once

#include "config/loader.h"
#include "daemon/http/message.h"
#include "daemon/http/refusal.h"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::daemon::http {

/// The media types of a body that is read as an element of the configuration.
inline constexpr const char* elementTypes = "application/json, application/yaml";

/// 422 with all that is wrong with the body. `what`: `call`, `subscription`.
Response invalid(const std::string& what, const std::vector<config::Problem>& problems);

/// `add` may throw relay::Refused; `describe` answers for the name of what was made.
template <class Settings>
Response createAndDescribe(const std::string& what, const config::Loaded<Settings>& loaded,
                           const std::function<void(const Settings&)>& add,
                           const std::function<Response(const std::string&)>& describe) {
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded))
        return invalid(what, *problems);
    const auto& settings = std::get<Settings>(loaded);
    try {
        add(settings);
    } catch (const relay::Refused& refused) {
        return refusal(refused);
    }
    return describe(settings.name);
}

} // namespace spillway::daemon::http
