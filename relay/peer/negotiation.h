// One exchange of descriptions at a time, with webrtcbin between theirs and ours.
//
// Comes in: an offer, or the wish to make one. Goes out: once each, a description with all candidates that
// gathering gave in time. Each step is a promise of webrtcbin that may never be answered, so one deadline
// bounds them all. Owner: the Peer. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/gst/promise.h"
#include "relay/gst/signal.h"
#include "relay/sdp/answer.h"
#include "relay/sdp/remote_description.h"
#include "relay/values/negotiation.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

class PeerNegotiation {
  public:
    /// `onLateCandidate`: one that came after the description had been given away.
    /// `iceLite`: what our descriptions say of us.
    PeerNegotiation(Loop& loop, GstElement* webrtcbin, std::string label, bool iceLite,
                    std::function<void(const std::string& candidate)> onLateCandidate);
    PeerNegotiation(const PeerNegotiation&) = delete;
    PeerNegotiation& operator=(const PeerNegotiation&) = delete;

    /// Ours, once a description was begun.
    const sdp::IceCredentials& credentials() const { return transport_.ice; }
    /// An offer waits for its answer, or ours is being made.
    bool busy() const { return onDone_ != nullptr; }

    /// Answers. `onAnswer` comes on the loop, never before this returns, and may destroy this object.
    void start(std::shared_ptr<const sdp::RemoteDescription> offer, std::chrono::milliseconds deadline,
               std::function<void(LocalDescription)> onAnswer);
    /// Offers `ours`; the same holds for `onOffer`.
    void offer(std::vector<sdp::MediaLine> ours, std::chrono::milliseconds deadline,
               std::function<void(LocalDescription)> onOffer);
    /// The server's answer to that. What webrtcbin does not take shows as a peer that never connects.
    void takeAnswer(const sdp::RemoteDescription& theirs);

  private:
    enum class Side { answerer, offerer };

    void begin(Side side, std::chrono::milliseconds deadline, std::function<void(LocalDescription)> onDone);
    void setTransport(const char* setup);
    void createOffer();
    void setLocal();
    void onLocalSet();
    void onCandidate(const std::string& candidate);
    void onGathered();
    void onDeadline();
    void fail(const std::string& detail);
    void finish(LocalDescription answer);

    void onAnswerTaken() {}
    enum class Description { offer, answer };
    /// What is waited for.
    enum class Step { offer, remoteDescription, localDescription, candidates };
    static const char* nameOf(Step step);
    /// Passes a description to webrtcbin and goes on with `next` when it was taken.
    void setDescription(Step step, Description type, const std::string& text,
                        void (PeerNegotiation::*next)());
    /// Goes on with `next` when webrtcbin has done what was asked; fails when it could not.
    gst::Promise promise(void (PeerNegotiation::*next)());
    /// A function for any thread that runs `fn` on the loop if this object still is.
    template <class... Args>
    auto onLoop(void (PeerNegotiation::*fn)(Args...));

    Loop& loop_;
    GstElement* webrtcbin_;
    std::string label_;
    std::function<void(const std::string&)> onLateCandidate_;
    Side side_ = Side::answerer;
    std::shared_ptr<const sdp::RemoteDescription> theirs_; ///< the offer that is answered
    std::vector<sdp::MediaLine> ours_;                     ///< what we offer
    std::function<void(LocalDescription)> onDone_;         ///< empty while nothing is under way
    Step step_ = Step::remoteDescription;
    sdp::Transport transport_; ///< ours, as long as the peer lives
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
