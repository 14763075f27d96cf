// A publisher's way in through the port, for its webrtcbin. The destructor closes it.
//
// Comes in: the credentials of both sides. Goes out: an ICE agent for webrtcbin, to which ICE reports that it
// is connected or lost. Owner: the Peer, which must let go of it before webrtcbin goes. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/ingest/ice_agent.h"
#include "relay/ingest/route.h"
#include "relay/sdp/ice_credentials.h"

#include <memory>
#include <string>

namespace spillway::relay::ingest {

class Ingest;
class MediaSink;

class Entry {
  public:
    /// `ingest` outlives it.
    Entry(Loop& loop, Ingest& ingest);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// For webrtcbin's `ice-agent`.
    GObject* agent() const { return agent_.object(); }
    /// Lets the publisher in. Once, and only when webrtcbin has both descriptions.
    void open(const sdp::IceCredentials& ours, const sdp::IceCredentials& theirs,
              std::shared_ptr<MediaSink> media);

  private:
    Loop& loop_;
    Ingest& ingest_;
    const std::shared_ptr<Route> route_ = std::make_shared<Route>();
    IceAgent agent_;
    std::string ufrag_; ///< ours; empty until open()
    Lifetime lifetime_;
};

} // namespace spillway::relay::ingest
