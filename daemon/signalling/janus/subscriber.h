// Our subscription in the room: a handle of its own, one offer at a time.
//
// Comes in: which streams are wished, answers, and Janus' events of this handle. Goes out: offers, and what
// each of their lines carries. Changes that come while one is under way are gathered for the next. While
// nothing was ever published there is no handle; once there is one it stays, with lines that carry nothing.
// Lost, it is replaced by a new one with a new transport. Owner: JanusConnector. Loop thread. It must not be
// destroyed inside an event.
#pragma once

#include "daemon/signalling/janus/lines.h"
#include "daemon/signalling/janus/session.h"
#include "daemon/signalling/janus/stream.h"

namespace spillway::daemon::janus {

struct SubscriberEvents {
    /// An offer; its lines are in lines() by now. Nothing follows before answer() or renew().
    std::function<void(std::string sdp, bool newPeer)> onOffer;
    /// Janus has ended our transport; the handle is being replaced.
    std::function<void(std::string why)> onRenewed;
    std::function<void(Loss)> onLost;
};

class Subscriber {
  public:
    /// `join` is what every join of this room holds.
    Subscriber(relay::Loop& loop, Session& session, Json join, SubscriberEvents events);

    /// By which Janus knows whose subscriptions these are, from the observer's `joined`.
    void setPrivateId(const Json& id) { join_["private_id"] = id; }
    /// All that is to be subscribed to.
    void wish(const Streams& streams);
    /// The publisher is gone, or its streams are: Janus has taken them off our lines.
    void forget(const FeedId& feed);
    /// The publisher has published again: what Janus did not know before may be requested again.
    void retry(const FeedId& feed);
    void answer(const std::string& sdp);
    void candidate(const std::string& mid, const std::string& candidate);
    /// Whether Janus is to send a stream; forgotten with its line.
    void send(const Stream& stream, bool wanted);
    void renew();
    /// The session was reclaimed; `changed`: something happened in the room meanwhile.
    void resume(const Streams& streams, bool changed);

    /// An event of Janus; false when it is not of this handle.
    bool handle(Json& message);
    const Lines& lines() const { return lines_; }

  private:
    enum class Step {
        absent,    ///< no handle
        attaching, ///< asked for one
        attached,  ///< not in the room
        joining,   ///< asked for the first offer
        idle,      ///< nothing under way
        changing,  ///< asked for other streams
        offered,   ///< an offer waits for its answer
        answering, ///< the answer is on its way
    };

    void advance();
    void attach();
    void join(const Streams& streams);
    void change(const LineChange& wanted);
    void request(Json body, const Json& jsep, void (Subscriber::*then)(const Reply&, const LineChange&),
                 const LineChange& asked);
    void onAttached(const Reply& reply);
    void onJoined(const Reply& reply, const LineChange& asked);
    void onChanged(const Reply& reply, const LineChange& asked);
    void onAnswered(const Reply& reply, const LineChange& asked);
    void onNoSuchFeed(const Reply& reply, const Streams& asked);
    void onOffer(const Json& data, const Json& jsep);
    void onHangup(const std::string& reason);
    /// Not asked for again before a while.
    void putOff(const Streams& streams);
    void applySends();
    void replace(const std::string& why);

    relay::Loop& loop_;
    Session& session_;
    Json join_;
    SubscriberEvents events_;
    Step step_ = Step::absent;
    HandleId handle_ = 0;
    std::uint64_t generation_ = 0; ///< of the handle: replies to an older one are stale
    bool connected_ = false;       ///< media has passed on this handle
    bool first_ = true;            ///< the next offer is the first of its transport
    Streams wished_;
    Streams putOff_;
    Lines lines_;
    relay::Timer retry_;
    relay::Timer stuck_;
};

} // namespace spillway::daemon::janus
