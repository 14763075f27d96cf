#include "relay/srtp/gcm.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/packet.h"
#include "relay/srtp/key_derivation.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace spillway::relay::srtp {

namespace {

constexpr std::size_t keyBytes = 16;
constexpr std::size_t saltBytes = 12;

} // namespace

GcmSender::GcmSender(Bytes key)
    : cipher_(EVP_CIPHER_CTX_new()) {
    if (key.size() != keyBytes + saltBytes) throw std::runtime_error("SRTP: a key of the wrong length");
    const Bytes masterKey = key.first(keyBytes);
    const Bytes masterSalt = key.last(saltBytes);
    auto session = derive(masterKey, masterSalt, Label::encryption, keyBytes);
    const auto salt = derive(masterKey, masterSalt, Label::salt, saltBytes);
    std::copy(salt.begin(), salt.end(), salt_.begin());
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
