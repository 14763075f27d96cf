// The ICE-lite side of one viewer (RFC 8445 section 2.5): it never checks, it only answers checks.
//
// Comes in: STUN messages with the path that they came by. Goes out: replies, and the path that the viewer
// nominated. A message without a right MESSAGE-INTEGRITY and FINGERPRINT changes nothing. Several paths may
// be checked until one is nominated; a later nomination moves the viewer (RFC 8445 section 8.1.1 with
// aggressive nomination too). A viewer that has not checked for consentTime takes its consent back (RFC 7675
// section 5.1). STUN by libnice's stun/ library. Worker thread.
#pragma once

#include "relay/frame.h"
#include "relay/outputs/webrtc/demux.h"
#include "relay/outputs/webrtc/path.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spillway::relay::webrtc {

struct IceCredentials {
    std::string ufrag; ///< 4 to 256 ice-chars (RFC 8839 section 5.4)
    std::string pwd;   ///< 22 to 256

    /// From the system's random source; `prefix` is at the front of the ufrag.
    static IceCredentials random(std::string_view prefix);
};

/// The name before the colon in the USERNAME of a STUN request: whom it is for. Nothing when the message is
/// no well-formed STUN binding request or has none. Valid as long as the datagram.
std::optional<std::string_view> addressedUfrag(Bytes datagram);

class IceLite {
  public:
    static constexpr std::chrono::seconds consentTime{30};
    static constexpr std::size_t maxReply = 548; ///< bytes

    /// `theirs.pwd` is not needed by a lite side.
    IceLite(IceCredentials ours, std::string theirUfrag, Clock::time_point now);
    ~IceLite();
    IceLite(const IceLite&) = delete;
    IceLite& operator=(const IceLite&) = delete;

    struct Outcome {
        std::size_t reply = 0; ///< bytes written for the sender; 0 is silence
        bool selected = false; ///< the selected path is another than before
    };
    /// `into` has room for maxReply.
    Outcome receive(Bytes datagram, const Path& path, Clock::time_point now, MutableBytes into);

    /// The nominated path; the only one that may carry DTLS and SRTP.
    const std::optional<Path>& selected() const { return selected_; }
    /// Only checks of the selected path count, once there is one.
    bool hasConsent(Clock::time_point now) const { return now - lastCheck_ < consentTime; }

  private:
    IceCredentials ours_;
    std::string username_; ///< of the viewer's checks (RFC 8445 section 7.2.2)
    std::optional<Path> selected_;
    Clock::time_point lastCheck_;
};

} // namespace spillway::relay::webrtc
