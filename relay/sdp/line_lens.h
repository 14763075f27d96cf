// The second half of the line lens: what webrtcbin is to see of an SFU's lines from one offer to the next.
//
// SFUs recycle lines: one goes inactive when somebody leaves and sends again for somebody else.
// webrtcbin 1.22 cannot follow that, and is broken for every later offer once it has tried. So a line that
// once sent stays in sight of webrtcbin for ever, sending, with what was last said of it; the SFU gets the
// truth in the answer.
//
// Comes in: the offers of one transport, read. Goes out: the same, with the lines that are shown and their
// order. Pure code, one thread at a time.
#pragma once

#include "relay/sdp/remote_description.h"

#include <map>
#include <string>
#include <vector>

namespace spillway::relay::sdp {

class LineLens {
  public:
    /// `offer` must be of the transport that the lens began with: see sameTransport(). An error leaves the
    /// lens as it was.
    std::variant<RemoteDescription, Error> look(RemoteDescription offer);

    /// False when the SFU started over (other ICE credentials, RFC 8839 section 4.4.1.1.1, or another
    /// certificate): webrtcbin has no ICE restart. False too when it has named ever new lines until the next
    /// ones are too many: what webrtcbin has of the old ones goes with its transport.
    bool sameTransport(const RemoteDescription& offer) const;

  private:
    using Lines = std::map<std::string, MediaLine>; ///< by mid

    bool hasRoomFor(const RemoteDescription& offer) const;
    static std::optional<Error> note(Lines& known, std::vector<std::string>& order, MediaLine& line);

    std::vector<std::string> order_; ///< mids, as webrtcbin knows them
    Lines known_;                    ///< each as it last sent
    IceCredentials ice_;
    Fingerprint fingerprint_;
};

} // namespace spillway::relay::sdp
