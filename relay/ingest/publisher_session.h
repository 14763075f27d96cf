// One publisher at the port: ICE-lite, and what of its datagrams goes on into webrtcbin.
//
// Comes in: datagrams that are this publisher's by ufrag, tag or path. Goes out: replies to its checks, and
// ours; SRTP of the selected path for its MediaSink, DTLS and SRTCP pushed into its source. It ends by itself
// when its consent does, and says so once. Ingest thread.
#pragma once

#include "relay/gst/ref.h"
#include "relay/ingest/media_sink.h"
#include "relay/ingest/route.h"
#include "relay/port/demux.h"
#include "relay/port/ice_lite.h"
#include "relay/port/sockets.h"
#include "relay/port/taking.h"

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay::ingest {

struct SessionSetup {
    port::IceCredentials ours;
    port::IceCredentials theirs;
    gst::Ref<GstElement> source; ///< a gst::makeLiveSource()
    std::shared_ptr<MediaSink> media;
    std::shared_ptr<Route> route;
    // Ingest thread; they must not block.
    std::function<void()> onConnected; ///< the first path is selected
    std::function<void()> onLost;      ///< it is over: no consent, or its path is another session's or dead
};

class PublisherSession {
  public:
    /// `tag` is its name in the answers to its checks.
    PublisherSession(SessionSetup setup, port::SessionTag tag, port::Sockets& sockets, Clock::time_point now);
    ~PublisherSession() { setup_.route->close(); }
    PublisherSession(const PublisherSession&) = delete;
    PublisherSession& operator=(const PublisherSession&) = delete;

    /// `onSelected` runs when another path than before is selected, before the publisher learns of it.
    void onStun(Bytes datagram, const port::Path& path, Clock::time_point now,
                const std::function<void()>& onSelected);
    /// Of any but the selected path it is ignored.
    void onDatagram(port::DatagramKind kind, MutableBytes datagram, const port::Path& path);
    /// Its path is another session's now: it is over, and says nothing there any more.
    void losePath();
    /// It is our fault that it cannot go on.
    void fail(const std::string& why);
    /// Call every second or so, and when a check is due.
    void tick(Clock::time_point now);
    std::optional<Clock::time_point> nextCheck() const;
    /// Whoever awaits its tracks may not have them yet. For 10 s at most without any media.
    bool isComing(Clock::time_point now) const;

    const SessionSetup& setup() const { return setup_; }
    const std::optional<port::Path>& path() const { return ice_.selected(); }

  private:
    void end();

    const SessionSetup setup_;
    port::Sockets& sockets_;
    port::IceLite ice_;
    port::Taking taking_;
    const Clock::time_point opened_;
    std::optional<Clock::time_point> firstMedia_;
    bool over_ = false;
};

} // namespace spillway::relay::ingest
