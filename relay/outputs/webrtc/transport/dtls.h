// DTLS with one viewer, as the server, for the keys of SRTP (RFC 5763, RFC 5764). By OpenSSL.
//
// Comes in: datagrams of the selected path. Goes out: datagrams, each handed to `send` whole and no longer
// than the MTU; at the end keys. The handshake fails unless the viewer's certificate has the fingerprint of
// its offer. Nothing is believed before that. Worker thread, but for DtlsContext.
#pragma once

#include "relay/base/bytes.h"
#include "relay/base/clock.h"
#include "relay/sdp/fingerprint.h"
#include "relay/srtp/keys.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::dtls {
class Identity;
}

namespace spillway::relay::webrtc {

/// What we are to every viewer: identity, ciphers and SRTP profiles. Immutable; any thread.
class DtlsContext {
  public:
    /// Throws std::runtime_error with OpenSSL's words.
    explicit DtlsContext(const dtls::Identity& identity);
    ~DtlsContext();
    DtlsContext(const DtlsContext&) = delete;
    DtlsContext& operator=(const DtlsContext&) = delete;

  private:
    friend class DtlsServer;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class DtlsServer {
  public:
    static constexpr std::size_t mtu = 1200; ///< bytes of a datagram

    enum class State { handshaking, connected, closed, failed };

    /// `context` outlives it.
    DtlsServer(const DtlsContext& context, sdp::Fingerprint viewer, std::function<void(Bytes)> send);
    ~DtlsServer();
    DtlsServer(const DtlsServer&) = delete;
    DtlsServer& operator=(const DtlsServer&) = delete;

    /// `send` is called from within this, onTimeout() and close(), and must not destroy the server.
    State receive(Bytes datagram);
    /// When onTimeout() is due; none while nothing was sent that could be lost.
    std::optional<Clock::time_point> timeout(Clock::time_point now) const;
    State onTimeout();
    /// Says good-bye, if there is somebody to say it to.
    void close();

    State state() const;
    /// Once connected.
    const srtp::Keys& keys() const;
    /// Why it failed; for log and API.
    const std::string& failure() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay::webrtc
