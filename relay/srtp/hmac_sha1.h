// HMAC-SHA1 (RFC 2104) with one key for many messages. The two hashes that begin with the key are made once,
// and copied for each message, by OpenSSL's plain SHA-1: EVP_MAC makes its context anew for each, which costs
// more than hashing a packet does when a packet comes after a pause (README.md). One thread at a time.
#pragma once

#include "relay/base/bytes.h"

#include <openssl/sha.h>

#include <array>
#include <cstdint>

namespace spillway::relay::srtp {

class HmacSha1 {
  public:
    using Digest = std::array<std::uint8_t, SHA_DIGEST_LENGTH>;

    /// Of at most a block of SHA-1, 64 bytes. Throws std::runtime_error.
    explicit HmacSha1(Bytes key);
    HmacSha1(const HmacSha1&) = default;
    HmacSha1& operator=(const HmacSha1&) = default;
    ~HmacSha1();

    /// Of the message that `begin` and `end` make together.
    Digest of(Bytes begin, Bytes end) const;

  private:
    SHA_CTX inner_{};
    SHA_CTX outer_{};
};

} // namespace spillway::relay::srtp
