// On the main path of every packet that comes in.
#include "relay/srtp/rtp_receiver.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/packet.h"
#include "relay/srtp/key_derivation.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

namespace spillway::relay::srtp {

namespace {

constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t turn = 65'536; // sequence numbers until they begin again

Bytes checked(Bytes key) {
    if (key.size() == RtpReceiver::keyBytes + RtpReceiver::saltBytes) return key;
    throw std::runtime_error("SRTP: a key of the wrong length");
}

std::vector<std::uint8_t> derive(Bytes key, Label label, std::size_t bytes) {
    return derive(key.first(RtpReceiver::keyBytes), key.last(RtpReceiver::saltBytes), label, bytes);
}

HmacSha1 makeMac(Bytes key) {
    auto authentication = derive(key, Label::authentication, SHA_DIGEST_LENGTH);
    HmacSha1 mac(authentication);
    OPENSSL_cleanse(authentication.data(), authentication.size());
    return mac;
}

/// The index nearest to the newest (RFC 3711 appendix A); before the first turn there is none.
std::uint64_t nearest(std::uint64_t newest, std::uint16_t sequence) {
    const auto step = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(newest));
    const auto index = static_cast<std::int64_t>(newest) + step;
    return index < 0 ? sequence : static_cast<std::uint64_t>(index);
}

} // namespace

bool RtpReceiver::Source::replayed(std::uint64_t index) const {
    if (index > newest) return false;
    const std::size_t bit = index % window;
    return newest - index >= window || (seen[bit / 64] >> (bit % 64) & 1U) != 0;
}

void RtpReceiver::Source::note(std::uint64_t index) {
    if (index > newest + window) seen.fill(0);
    for (std::uint64_t passed = std::max(newest, index < window ? 0 : index - window) + 1; passed < index;
         ++passed)
        seen[passed % window / 64] &= ~(std::uint64_t{1} << (passed % 64));
    newest = std::max(newest, index);
    seen[index % window / 64] |= std::uint64_t{1} << (index % 64);
}

RtpReceiver::RtpReceiver(Bytes key)
    : cipher_(EVP_CIPHER_CTX_new())
    , mac_(makeMac(checked(key))) {
    auto session = derive(key, Label::encryption, keyBytes);
    const auto salt = derive(key, Label::salt, saltBytes);
    std::copy(salt.begin(), salt.end(), salt_.begin());
    openssl::require(cipher_ && EVP_DecryptInit_ex(cipher_.get(), EVP_aes_128_ctr(), nullptr, session.data(),
                                                   nullptr) == 1,
                     "AES-CM");
    OPENSSL_cleanse(session.data(), session.size());
}

std::size_t RtpReceiver::unprotect(MutableBytes packet) {
    const auto offset = rtp::payloadOffset(packet);
    if (!offset || packet.size() < *offset + tagBytes) return 0;
    const std::uint32_t ssrc = readU32(&packet[8]);
    Source* source = find(ssrc);
    const std::uint64_t index = authenticIndex(packet, source);
    const std::size_t bytes = packet.size() - tagBytes;
    if (index == unknown || !decrypt(packet.first(bytes).subspan(*offset), ssrc, index)) return 0;
    if (!source) source = &add(ssrc);
    source->note(index);
    source->heard = ++heard_;
    return bytes;
}

RtpReceiver::Source* RtpReceiver::find(std::uint32_t ssrc) {
    const auto found = sources_.find(ssrc);
    return found == sources_.end() ? nullptr : &found->second;
}

/// Whoever comes just after the first turn may have been there before it: its counter is 0 or 1.
std::uint64_t RtpReceiver::authenticIndex(Bytes packet, const Source* source) const {
    const std::uint16_t sequence = readU16(&packet[2]);
    const std::uint64_t index = source ? nearest(source->newest, sequence) : sequence;
    if (source && source->replayed(index)) return unknown;
    if (isAuthentic(packet, index)) return index;
    if (!source && isAuthentic(packet, index + turn)) return index + turn;
    return unknown;
}

/// RFC 3711 section 4.2: the tag is over the packet and the rollover counter.
bool RtpReceiver::isAuthentic(Bytes packet, std::uint64_t index) const {
    std::array<std::uint8_t, 4> rollover{};
    writeU32(rollover.data(), static_cast<std::uint32_t>(index / turn));
    const HmacSha1::Digest digest = mac_.of(packet.first(packet.size() - tagBytes), rollover);
    return CRYPTO_memcmp(digest.data(), packet.last(tagBytes).data(), tagBytes) == 0;
}

/// RFC 3711 section 4.1.1: the salt, with SSRC and index, begins the counter.
bool RtpReceiver::decrypt(MutableBytes payload, std::uint32_t ssrc, std::uint64_t index) {
    std::array<std::uint8_t, 16> counter{};
    writeU32(&counter[4], ssrc);
    writeU32(&counter[8], static_cast<std::uint32_t>(index / turn));
    writeU16(&counter[12], static_cast<std::uint16_t>(index));
    for (std::size_t i = 0; i < saltBytes; ++i)
        counter.at(i) ^= salt_.at(i);
    int size = 0;
    return EVP_DecryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, counter.data()) == 1 &&
           EVP_DecryptUpdate(cipher_.get(), payload.data(), &size, payload.data(),
                             static_cast<int>(payload.size())) == 1;
}

RtpReceiver::Source& RtpReceiver::add(std::uint32_t ssrc) {
    if (sources_.size() == maxSources)
        sources_.erase(std::min_element(sources_.begin(), sources_.end(), [](const auto& a, const auto& b) {
            const auto rank = [](const Source& source) {
                return std::pair(source.newest >= turn, source.heard);
            };
            return rank(a.second) < rank(b.second);
        }));
    return sources_[ssrc];
}

} // namespace spillway::relay::srtp
