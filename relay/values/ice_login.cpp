#include "relay/values/ice_login.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace spillway::relay {

namespace {

using Sha1 = std::array<std::uint8_t, 20>;

Sha1 hmacSha1(const std::string& key, const std::string& text) {
    Sha1 result{};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes, text.size(), result.data(),
             nullptr) == nullptr)
        throw std::runtime_error("OpenSSL has no HMAC-SHA1, which TURN logins need");
    return result;
}

std::string base64(const Sha1& bytes) {
    std::array<std::uint8_t, 4 * ((std::tuple_size_v<Sha1> + 2) / 3) + 1> text{};
    const int length = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
    return {text.begin(), text.begin() + length};
}

} // namespace

IceLogin loginOf(const config::IceServer& server, std::chrono::system_clock::time_point expires,
                 const std::string& user) {
    if (!server.secret) return {server.username, server.password};
    const auto until = std::chrono::duration_cast<std::chrono::seconds>(expires.time_since_epoch()).count();
    const std::string username = std::to_string(until) + ":" + user;
    return {username, config::Secret(base64(hmacSha1(server.secret->reveal(), username)))};
}

} // namespace spillway::relay
