// What a request brings to say who asks: RFC 6750 sections 2.1 and 2.3, RFC 7617. Pure, any thread.
#pragma once

#include "daemon/http/message.h"

#include <optional>
#include <string>

namespace spillway::daemon::http {

struct Credential {
    enum class Way {
        none,
        bearer, ///< `Authorization: Bearer`
        basic,  ///< the password of `Authorization: Basic`, whoever the user is
        url,    ///< the parameter `access_token`
    };

    Way way = Way::none;
    std::string token = {};
};

inline constexpr const char* tokenParameter = "access_token";

/// Nothing when header and parameter are there together: who sends both has mistaken one.
std::optional<Credential> credentialOf(const Request& request);

} // namespace spillway::daemon::http
