// One viewer at its worker: ICE-lite, DTLS, SRTP and its channels.
//
// Comes in: datagrams that are this viewer's by ufrag, tag or path; batches of its channels' feeds. Goes out:
// replies, checks, and media on the selected path alone. While that takes no more, media waits in the
// viewer's own queues, which drop by their own rules. It ends by itself when its consent, its handshake, its
// path or the codec of a track does, and says so once; the worker then throws it away. Worker thread.
#pragma once

#include "relay/outputs/webrtc/transport/dtls.h"
#include "relay/outputs/webrtc/worker/channel.h"
#include "relay/outputs/webrtc/worker/viewer_stats.h"
#include "relay/port/ice_lite.h"
#include "relay/port/taking.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"
#include "relay/srtp/session.h"
#include "relay/values/viewing.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

struct SessionSetup {
    ViewerId id = 0;
    sdp::IceCredentials ours;
    sdp::IceCredentials theirs;
    sdp::Fingerprint fingerprint; ///< of the viewer's certificate
    std::shared_ptr<ViewerStats> stats;
    /// Worker thread; they must not block.
    std::function<void()> onConnected; ///< play() is to follow
    std::function<void(const std::string& reason)> onEnded;
};

class ViewerSession {
  public:
    /// `tag` is its name in the answers to its checks.
    ViewerSession(SessionSetup setup, port::SessionTag tag, const DtlsContext& dtls, port::Sockets& sockets,
                  Clock::time_point now);
    /// Says good-bye.
    ~ViewerSession();
    ViewerSession(const ViewerSession&) = delete;
    ViewerSession& operator=(const ViewerSession&) = delete;

    /// `onSelected` runs when another path than before is selected, before the viewer learns of it: what it
    /// sends then finds its way.
    void onStun(Bytes datagram, const port::Path& path, Clock::time_point now,
                const std::function<void()>& onSelected);
    /// DTLS or SRTCP of a path; that of any but the selected one is ignored.
    void onDatagram(port::DatagramKind kind, MutableBytes datagram, const port::Path& path,
                    Clock::time_point now);
    /// Its path is another session's now: it ends, and says nothing there any more.
    void losePath();
    /// What it is to get, once it is connected.
    void play(std::vector<ChannelSetup> channels);
    /// It is our fault that it cannot go on.
    void fail(const std::string& why);
    /// The next of what one of its channels is fed with. What goes to the wire is in the sockets' burst,
    /// which is still to be flushed.
    void pass(Channel& channel, const Batch& batch, Clock::time_point now);
    /// Timers; call every 50 ms or so.
    void tick(Clock::time_point now);

    /// Why it is over; empty while it is not.
    const std::string& ended() const { return ended_; }
    const SessionSetup& setup() const { return setup_; }
    const std::optional<port::Path>& path() const { return ice_.selected(); }
    const std::vector<std::unique_ptr<Channel>>& channels() const { return channels_; }

  private:
    void onFeedback(Bytes rtcp, Wire& wire, Clock::time_point now);
    void follow(DtlsServer::State state, Clock::time_point now);
    void connect(Clock::time_point now);
    bool takesMedia() const { return wire_ && !sockets_.blockedSince(wire_->path); }
    void serve(Channel& channel, Clock::time_point now);
    void serveAll(Clock::time_point now);
    void end(std::string reason);
    Channel* channelOf(std::uint32_t ssrc);

    SessionSetup setup_;
    port::Sockets& sockets_;
    const Clock::time_point begun_;
    port::IceLite ice_;
    DtlsServer dtls_;
    std::optional<srtp::Session> srtp_;
    std::optional<Wire> wire_; ///< once connected
    std::optional<port::Taking> taking_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::string ended_;
};

} // namespace spillway::relay::webrtc
