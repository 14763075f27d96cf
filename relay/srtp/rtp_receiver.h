// RTP that comes in by SRTP with AES-CM and HMAC-SHA1 of 80 bits (RFC 3711), by OpenSSL.
//
// libsrtp does the same, but in Debian's build by NSS, which takes a quarter of what a packet costs on its
// way in; and GStreamer's srtpdec makes a context of libsrtp's for each SSRC before it knows whether the
// packet is authentic. Here nothing is kept of a packet that is not. Works in place. One thread at a time.
#pragma once

#include "relay/base/bytes.h"
#include "relay/dtls/handles.h"
#include "relay/srtp/hmac_sha1.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace spillway::relay::srtp {

class RtpReceiver {
  public:
    /// Master key and master salt (RFC 3711 section 8.2), bytes.
    static constexpr std::size_t keyBytes = 16;
    static constexpr std::size_t saltBytes = 14;
    static constexpr std::size_t tagBytes = 10;
    /// How far behind the newest of its SSRC a packet may come, once (RFC 3711 section 3.3.2 wants 64).
    static constexpr std::size_t window = 1024;
    /// SSRCs whose rollover counter and window are kept; the next takes the place of the one that was silent
    /// longest, of those that never rolled over first: their counter can be guessed. 200 KiB.
    static constexpr std::size_t maxSources = 1024;

    /// `key` is the master key, then the master salt. Throws std::runtime_error.
    explicit RtpReceiver(Bytes key);

    /// The size of the plain packet, in bytes; 0 when it is forged, replayed, too old or malformed, and
    /// nothing has changed then.
    std::size_t unprotect(MutableBytes packet);

    std::size_t sources() const { return sources_.size(); }

  private:
    struct Source {
        std::uint64_t newest = 0; ///< packet index: rollover counter and sequence number (section 3.3.1)
        std::uint64_t heard = 0;  ///< of all packets, which one was its last
        std::array<std::uint64_t, window / 64> seen{}; ///< a bit for each index modulo window

        bool replayed(std::uint64_t index) const;
        void note(std::uint64_t index);
    };

    Source* find(std::uint32_t ssrc);
    std::uint64_t authenticIndex(Bytes packet, const Source* source) const;
    bool isAuthentic(Bytes packet, std::uint64_t index) const;
    bool decrypt(MutableBytes payload, std::uint32_t ssrc, std::uint64_t index);
    Source& add(std::uint32_t ssrc);

    openssl::CipherContext cipher_; ///< with the session key
    HmacSha1 mac_;                  ///< with the authentication key
    std::array<std::uint8_t, saltBytes> salt_{};
    std::unordered_map<std::uint32_t, Source> sources_;
    std::uint64_t heard_ = 0;
};

} // namespace spillway::relay::srtp
