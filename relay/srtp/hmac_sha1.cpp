#include "relay/srtp/hmac_sha1.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <stdexcept>

// What replaces these since OpenSSL 3.0 is what this class is there to avoid.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace spillway::relay::srtp {

namespace {

/// SHA-1 that has read the key, padded by `pad` (RFC 2104 section 2).
SHA_CTX begun(Bytes key, std::uint8_t pad) {
    std::array<std::uint8_t, SHA_CBLOCK> block{};
    std::copy(key.begin(), key.end(), block.begin());
    for (auto& byte : block)
        byte ^= pad;
    SHA_CTX hash;
    const bool good = SHA1_Init(&hash) == 1 && SHA1_Update(&hash, block.data(), block.size()) == 1;
    OPENSSL_cleanse(block.data(), block.size());
    if (!good) throw std::runtime_error("OpenSSL has no SHA-1, which SRTP needs");
    return hash;
}

} // namespace

HmacSha1::HmacSha1(Bytes key) {
    if (key.size() > SHA_CBLOCK) throw std::runtime_error("HMAC-SHA1: the key is longer than a block");
    inner_ = begun(key, 0x36);
    outer_ = begun(key, 0x5C);
}

HmacSha1::~HmacSha1() {
    OPENSSL_cleanse(&inner_, sizeof inner_);
    OPENSSL_cleanse(&outer_, sizeof outer_);
}

HmacSha1::Digest HmacSha1::of(Bytes begin, Bytes end) const {
    Digest digest{};
    SHA_CTX hash = inner_;
    SHA1_Update(&hash, begin.data(), begin.size());
    SHA1_Update(&hash, end.data(), end.size());
    SHA1_Final(digest.data(), &hash);
    hash = outer_;
    SHA1_Update(&hash, digest.data(), digest.size());
    SHA1_Final(digest.data(), &hash);
    return digest;
}

} // namespace spillway::relay::srtp
