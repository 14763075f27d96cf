// What is wrong with a description from outside; a value, because it is theirs and not ours.
#pragma once

#include <string>

namespace spillway::relay::sdp {

struct Error {
    enum class Kind {
        malformed,   ///< not what its media type says
        unsupported, ///< well formed, but over the limits, or nothing in it that we can carry
    };
    Kind kind;
    std::string detail; ///< names the line, the attribute or the limit
};

inline Error malformed(std::string detail) {
    return {Error::Kind::malformed, std::move(detail)};
}
inline Error unsupported(std::string detail) {
    return {Error::Kind::unsupported, std::move(detail)};
}

} // namespace spillway::relay::sdp
