#include "relay/srtp/gcm.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/packet.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace spillway::relay::srtp {

namespace {

constexpr std::size_t keyBytes = 16;
constexpr std::size_t saltBytes = 12;
constexpr std::size_t blockBytes = 16;

using Block = std::array<std::uint8_t, blockBytes>;

/// RFC 3711 section 4.3.1.
enum class Label : std::uint8_t { encryption = 0, salt = 2 };

/// The first block of AES-CM's key stream for this label (RFC 3711 section 4.3.3), where the salt of 12 bytes
/// is moved to the front (RFC 7714 section 11).
Block derive(Bytes key, Bytes masterSalt, Label label) {
    // Of 14 bytes: an index of 48 bits, which is 0, comes behind the label.
    constexpr std::size_t labelAt = 7;
    Block counter{};
    std::copy(masterSalt.begin(), masterSalt.end(), counter.begin());
    counter[labelAt] ^= static_cast<std::uint8_t>(label);
    const openssl::CipherContext aes(EVP_CIPHER_CTX_new());
    Block derived{};
    int size = 0;
    openssl::require(
        aes && EVP_EncryptInit_ex(aes.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1 &&
            EVP_EncryptUpdate(aes.get(), derived.data(), &size, counter.data(), blockBytes) == 1,
        "key derivation");
    return derived;
}

} // namespace

GcmSender::GcmSender(Bytes key)
    : cipher_(EVP_CIPHER_CTX_new()) {
    if (key.size() != keyBytes + saltBytes) throw std::runtime_error("SRTP: a key of the wrong length");
    const Bytes masterKey = key.first(keyBytes);
    const Bytes masterSalt = key.last(saltBytes);
    Block session = derive(masterKey, masterSalt, Label::encryption);
    const Block salt = derive(masterKey, masterSalt, Label::salt);
    std::copy_n(salt.begin(), saltBytes, salt_.begin());
    openssl::require(cipher_ && EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_gcm(), nullptr, session.data(),
                                                   nullptr) == 1,
                     "AES-GCM");
    OPENSSL_cleanse(session.data(), session.size());
}

GcmSender::Stream& GcmSender::streamOf(std::uint32_t ssrc, std::uint16_t sequence) {
    const auto found =
        std::find_if(streams_.begin(), streams_.end(), [&](const Stream& one) { return one.ssrc == ssrc; });
    if (found != streams_.end()) return *found;
    return streams_.emplace_back(Stream{ssrc, sequence, std::vector<std::uint32_t>(window)});
}

/// The index nearest to the newest (RFC 3711 appendix A); nothing when it is too old.
std::optional<std::uint64_t> GcmSender::advance(Stream& stream, std::uint16_t sequence) {
    const int step = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(stream.newest));
    if (step <= 0) {
        const auto back = static_cast<std::uint64_t>(-step);
        if (back >= window || back > stream.newest) return std::nullopt;
        return stream.newest - back;
    }
    for (std::uint64_t i = 1; i <= std::min<std::uint64_t>(static_cast<std::uint64_t>(step), window); ++i)
        stream.tags[(stream.newest + i) % window] = 0;
    return stream.newest += static_cast<std::uint64_t>(step);
}

std::size_t GcmSender::protect(std::uint8_t* packet, std::size_t bytes) {
    const auto read = rtp::readPacket({packet, bytes});
    if (!read || bytes > std::numeric_limits<std::uint16_t>::max()) return 0;
    const std::size_t header = read->payloadOffset;
    Stream& stream = streamOf(read->ssrc, read->sequence);
    const auto index = advance(stream, read->sequence);
    if (!index) return 0;

    // RFC 7714 section 8.1: two bytes of 0, SSRC, rollover counter, sequence number.
    Salt iv{};
    writeU32(&iv[2], read->ssrc);
    writeU32(&iv[6], static_cast<std::uint32_t>(*index >> 16U));
    writeU16(&iv[10], static_cast<std::uint16_t>(*index));
    for (std::size_t i = 0; i < iv.size(); ++i)
        iv.at(i) ^= salt_.at(i);

    int size = 0;
    std::uint8_t* payload = packet + header;
    const bool good =
        EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data()) == 1 &&
        EVP_EncryptUpdate(cipher_.get(), nullptr, &size, packet, static_cast<int>(header)) == 1 &&
        EVP_EncryptUpdate(cipher_.get(), payload, &size, payload, static_cast<int>(bytes - header)) == 1 &&
        EVP_EncryptFinal_ex(cipher_.get(), packet + bytes, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, tagBytes, packet + bytes) == 1;
    if (!good) return 0;
    const std::uint32_t tag = std::max(1U, readU32(packet + bytes));
    std::uint32_t& before = stream.tags[*index % window];
    if (before != 0 && before != tag) return 0;
    before = tag;
    return bytes + tagBytes;
}

} // namespace spillway::relay::srtp
