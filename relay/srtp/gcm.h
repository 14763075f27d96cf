// SRTP with AEAD_AES_128_GCM for what we send (RFC 7714), by OpenSSL.
//
// libsrtp does the same, but in Debian's build by NSS, which looks up its keys among those of all sessions
// for every packet: it is several times slower, and slower with every further viewer (tests/bench/srtp.cpp).
// RTP alone goes this way, since there are hundreds of packets of it for each of RTCP. Works in place. One
// thread at a time.
#pragma once

#include "relay/base/bytes.h"
#include "relay/dtls/handles.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace spillway::relay::srtp {

class GcmSender {
  public:
    static constexpr std::size_t tagBytes = 16;
    /// How far behind the newest of its SSRC a packet may be, to be protected late or again.
    static constexpr std::size_t window = 1024;

    /// `key` is the master key, 16 bytes, then the master salt, 12 bytes. Throws std::runtime_error.
    explicit GcmSender(Bytes key);

    /// Encrypts the payload and appends the tag, for which there is room. The new size in bytes; 0 when the
    /// packet is malformed or too old, or another than the one that had its number before: two packets under
    /// one number would give away the key (RFC 7714 section 9.1). The packet is spoilt then.
    std::size_t protect(std::uint8_t* packet, std::size_t bytes);

  private:
    struct Stream {
        std::uint32_t ssrc;
        std::uint64_t newest; ///< packet index: rollover counter and sequence number (RFC 3711 section 3.3.1)
        std::vector<std::uint32_t> tags; ///< their first bytes, by index modulo window; 0 is none
    };
    using Salt = std::array<std::uint8_t, 12>;

    Stream& streamOf(std::uint32_t ssrc, std::uint16_t sequence);
    static std::optional<std::uint64_t> advance(Stream& stream, std::uint16_t sequence);

    openssl::CipherContext cipher_; ///< with the session key
    Salt salt_{};                   ///< of the session
    std::vector<Stream> streams_;
};

} // namespace spillway::relay::srtp
