// One offer, one answer: through the line lens into webrtcbin and back.
//
// Comes in: an offer's text. Goes out: once, an Answer with all candidates that gathering gave in time. Each
// step is a promise of webrtcbin that may never be answered, so one deadline bounds them all. Owner: the
// Peer. Loop thread.
#pragma once

#include "relay/gst/promise.h"
#include "relay/gst/signal.h"
#include "relay/loop.h"
#include "relay/peer.h"
#include "relay/sdp/answer.h"

#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class PeerNegotiation {
  public:
    PeerNegotiation(Loop& loop, GstElement* webrtcbin, std::string label);
    PeerNegotiation(const PeerNegotiation&) = delete;
    PeerNegotiation& operator=(const PeerNegotiation&) = delete;

    /// `onAnswer` comes on the loop, never before this returns, and may destroy this object.
    void start(std::shared_ptr<const sdp::Offer> offer, std::chrono::milliseconds deadline,
               std::function<void(Answer)> onAnswer);

  private:
    void setRemote();
    void createAnswer();
    void onAnswerCreated(const std::string& answer);
    void onLocalSet();
    void onCandidate(const std::string& candidate);
    void onGathered();
    void fail(const std::string& detail);
    void finish(Answer answer);

    /// Passes a description to webrtcbin and goes on with `next` when it was taken.
    void setDescription(const char* action, const std::string& text, void (PeerNegotiation::*next)());
    /// A function for any thread that runs `fn` on the loop if this object still is.
    template <class... Args>
    auto onLoop(void (PeerNegotiation::*fn)(Args...));

    Loop& loop_;
    GstElement* webrtcbin_;
    std::string label_;
    std::shared_ptr<const sdp::Offer> offer_;
    std::function<void(Answer)> onAnswer_; ///< empty before start() and after the answer
    const char* step_ = "";                ///< for the message when time runs out
    sdp::Transport transport_;
    std::vector<std::string> candidates_;
    bool gathered_ = false;
    gst::Promise pending_;
    Timer deadline_;
    Timer patience_; ///< for gathering, once the local description is set
    gst::SignalConnection candidate_;
    gst::SignalConnection gathering_;
    Lifetime lifetime_;
};

} // namespace spillway::relay
