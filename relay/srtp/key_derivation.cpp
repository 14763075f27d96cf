#include "relay/srtp/key_derivation.h"

#include "relay/dtls/handles.h"

#include <algorithm>
#include <array>

namespace spillway::relay::srtp {

std::vector<std::uint8_t> derive(Bytes masterKey, Bytes masterSalt, Label label, std::size_t bytes) {
    // Of the first 14 bytes of the counter: an index of 48 bits, which is 0, comes behind the label.
    constexpr std::size_t labelAt = 7;
    std::array<std::uint8_t, 16> counter{};
    std::copy(masterSalt.begin(), masterSalt.end(), counter.begin());
    counter[labelAt] ^= static_cast<std::uint8_t>(label);
    const openssl::CipherContext aes(EVP_CIPHER_CTX_new());
    const std::vector<std::uint8_t> zeros(bytes);
    std::vector<std::uint8_t> derived(bytes);
    int size = 0;
    openssl::require(
        aes &&
            EVP_EncryptInit_ex(aes.get(), EVP_aes_128_ctr(), nullptr, masterKey.data(), counter.data()) ==
                1 &&
            EVP_EncryptUpdate(aes.get(), derived.data(), &size, zeros.data(), static_cast<int>(bytes)) == 1,
        "key derivation");
    return derived;
}

} // namespace spillway::relay::srtp
