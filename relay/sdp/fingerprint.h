// The hash of a certificate as it stands in `a=fingerprint` (RFC 8122). Pure code, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::relay::sdp {

struct Fingerprint {
    enum class Hash { sha256, sha384, sha512 }; ///< weaker ones are refused

    Hash hash = Hash::sha256;
    std::vector<std::uint8_t> digest;

    std::string text() const; ///< `sha-256 AB:CD:…`
    bool operator==(const Fingerprint&) const = default;
};

/// Nothing when the hash is not accepted, or the digest has not its length.
std::optional<Fingerprint> parseFingerprint(std::string_view value);

/// The strongest that is accepted.
std::optional<Fingerprint> strongest(const std::vector<std::string>& values);

} // namespace spillway::relay::sdp
