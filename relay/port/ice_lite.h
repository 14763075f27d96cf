// Our side of ICE with one remote, as a lite agent (RFC 8445 section 2.5): it answers checks, and waits for
// no answer itself.
//
// Comes in: STUN messages with the path they came by. Goes out: replies, and the path that the remote
// nominated. A message without the right MESSAGE-INTEGRITY and FINGERPRINT changes nothing. Several paths may
// be checked until one is nominated; a later nomination moves the session (RFC 8445 section 8.1.1, with
// aggressive nomination too). Until then each valid check is answered by our own check on the same path. A
// lite agent need not do that, and its answer is not read; but a remote that paces its nominations (Pion:
// every 200 ms) then nominates at once. A remote that has not checked for consentTime takes its consent back
// (RFC 7675 section 5.1). STUN by libnice's stun/ library. Worker thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/port/demux.h"
#include "relay/port/path.h"
#include "relay/sdp/ice_credentials.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::relay::port {

using sdp::IceCredentials;

/// The name before the colon in the USERNAME of a STUN request: whom it is for. Nothing when the message is
/// no well-formed STUN binding request or has none. Valid as long as the datagram.
std::optional<std::string_view> addressedUfrag(Bytes datagram);

class IceLite {
  public:
    static constexpr std::chrono::seconds consentTime{30};
    static constexpr std::size_t maxMessage = 548; ///< bytes

    IceLite(IceCredentials ours, IceCredentials theirs, Clock::time_point now);
    ~IceLite();
    IceLite(const IceLite&) = delete;
    IceLite& operator=(const IceLite&) = delete;

    struct Outcome {
        std::size_t reply = 0;  ///< bytes written for the sender; 0 is silence
        bool selected = false;  ///< the selected path is another than before
        bool checkBack = false; ///< the sender is to be checked, behind the reply
    };
    /// `into` has room for maxMessage.
    Outcome receive(Bytes datagram, const Path& path, Clock::time_point now, MutableBytes into);
    /// Writes a check from us, as the controlled side, and returns its bytes; 0 when it does not fit.
    std::size_t check(MutableBytes into);

    /// The nominated path; the only one that may carry DTLS and SRTP.
    const std::optional<Path>& selected() const { return selected_; }
    /// Only checks of the selected path count, once there is one.
    bool hasConsent(Clock::time_point now) const { return now - lastCheck_ < consentTime; }

  private:
    IceCredentials ours_;
    IceCredentials theirs_;
    std::string username_; ///< of the remote's checks (RFC 8445 section 7.2.2)
    std::optional<Path> selected_;
    Clock::time_point lastCheck_;
};

} // namespace spillway::relay::port
