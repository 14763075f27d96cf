// One direction of an SRTP session of libsrtp's. Works in place. One thread at a time.
#pragma once

#include "relay/base/bytes.h"
#include "relay/srtp/keys.h"

#include <srtp2/srtp.h>

#include <cstddef>
#include <cstdint>

namespace spillway::relay::srtp {

class LibsrtpSession {
  public:
    /// `streams` is the direction; any SSRC is taken. `key` is the master key, then the master salt. Throws
    /// std::runtime_error.
    LibsrtpSession(Profile profile, srtp_ssrc_type_t streams, Bytes key, unsigned long window);
    ~LibsrtpSession() { srtp_dealloc(session_); }
    LibsrtpSession(const LibsrtpSession&) = delete;
    LibsrtpSession& operator=(const LibsrtpSession&) = delete;

    /// Once, before other threads: GStreamer's plugin starts the same library, which locks nothing there.
    /// Without it the first session does so. Throws std::runtime_error.
    static void startLibrary();

    using Operation = srtp_err_status_t (*)(srtp_t, void*, int*);
    /// The new size in bytes; 0 when libsrtp refuses, or the packet has fewer than `least` bytes.
    std::size_t run(Operation operation, std::uint8_t* packet, std::size_t bytes, std::size_t least);

    /// Frees what is kept of this SSRC.
    void forget(std::uint32_t ssrc);

  private:
    srtp_t session_ = nullptr;
};

} // namespace spillway::relay::srtp
