#include "relay/srtp/hmac_sha1.h"

#include "support/catch.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <numeric>
#include <stdexcept>
#include <string_view>
#include <vector>

using namespace spillway::relay;
using spillway::relay::srtp::HmacSha1;

namespace {

std::vector<std::uint8_t> bytesOf(std::string_view text) {
    return {text.begin(), text.end()};
}

} // namespace

TEST_CASE("HMAC-SHA1 says what RFC 2202 has for it, wherever the message is cut") {
    const HmacSha1 hmac(bytesOf("Jefe")); // section 3, test case 2
    const auto message = bytesOf("what do ya want for nothing?");
    const HmacSha1::Digest expected{0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74,
                                    0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79};
    const Bytes whole(message);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut)
        CHECK(hmac.of(whole.first(cut), whole.subspan(cut)) == expected);
}

TEST_CASE("HMAC-SHA1 of packets of any size is OpenSSL's own, one after the other with one key") {
    std::vector<std::uint8_t> key(20);
    std::iota(key.begin(), key.end(), std::uint8_t{200});
    const HmacSha1 hmac(key);
    std::vector<std::uint8_t> packet(1500);
    std::iota(packet.begin(), packet.end(), std::uint8_t{0});
    for (const std::size_t size : {0U, 1U, 51U, 52U, 63U, 64U, 65U, 1500U}) {
        HmacSha1::Digest expected{};
        HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), packet.data(), size, expected.data(),
             nullptr);
        CHECK(hmac.of(Bytes(packet).first(size), {}) == expected);
    }
}

TEST_CASE("HMAC-SHA1 takes keys of up to a block") {
    CHECK_NOTHROW(HmacSha1(std::vector<std::uint8_t>(64)));
    CHECK_THROWS_AS(HmacSha1(std::vector<std::uint8_t>(65)), std::runtime_error);
}
