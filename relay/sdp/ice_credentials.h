// What one side of ICE is known by to the other (RFC 8839 section 5.4). Pure code, any thread.
#pragma once

#include <string>

namespace spillway::relay::sdp {

struct IceCredentials {
    std::string ufrag; ///< 4 to 256 ice-chars
    std::string pwd;   ///< 22 to 256

    bool operator==(const IceCredentials&) const = default;
};

} // namespace spillway::relay::sdp
