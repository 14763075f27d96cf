// What webrtcbin takes for an ICE agent (GstWebRTCICE, its property `ice-agent`), though all of ICE is done
// by the port: it gives webrtcbin the two ends of the transport, our candidates, and the states.
//
// webrtcbin 1.22 to 1.26 calls it on a thread of its own while it sets descriptions. It needs no gathering,
// and looks for nobody: remote candidates are ignored. One transport, as max-bundle has it. Owner: Entry.
// Loop thread, but for source().
#pragma once

#include "relay/base/bytes.h"
#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

namespace spillway::relay::ingest {

/// Sends one datagram. Any thread.
using SendDatagram = std::function<void(Bytes)>;

class IceAgent {
  public:
    /// `candidates` (`candidate:…`, RFC 8839 section 5.1) are all there are.
    IceAgent(std::vector<std::string> candidates, SendDatagram send);
    IceAgent(const IceAgent&) = delete;
    IceAgent& operator=(const IceAgent&) = delete;

    GObject* object() const { return agent_.get(); }
    /// Where DTLS and SRTCP are pushed (gst::pushLive). Any thread.
    const gst::Ref<GstElement>& source() const { return source_; }

    // webrtcbin runs its handlers inside these, with a bare pointer to itself: only while it lives.
    void reportConnected();
    void reportFailed();

  private:
    gst::Ref<GstElement> source_;
    gst::Ref<GObject> agent_;
};

} // namespace spillway::relay::ingest
