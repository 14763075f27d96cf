// Our place in the room: a participant who publishes nothing and learns who does.
//
// Comes in: Janus' events of its handle. Goes out: what they mean. Owner: JanusConnector. Loop thread. It
// must not be destroyed inside an event.
#pragma once

#include "daemon/signalling/janus/session.h"

#include <functional>

namespace spillway::daemon::janus {

struct ObserverEvents {
    /// With `publishers` and, where the room announces joins, `attendees`.
    std::function<void(const Json& joined)> onJoined;
    /// News of others.
    std::function<void(const Json& news)> onNews;
    std::function<void(Loss)> onLost;
};

class Observer {
  public:
    /// `join` is what every join of this room holds.
    Observer(relay::Loop& loop, Session& session, Json join, const std::string& display,
             ObserverEvents events);

    /// Takes a place, a new one if it had one: onJoined then reports everybody again.
    void join();
    void leave();
    /// False when the message is not of its handle; else what it holds is taken out of it.
    bool handle(Json& message);

  private:
    void onAttached(const Reply& reply);
    void onAnswer(const Reply& reply);
    void onEvent(const Json& data);
    void loseForGood(const std::string& detail);
    void lose(const std::string& detail, bool final);

    relay::Loop& loop_;
    Session& session_;
    Json join_;
    ObserverEvents events_;
    HandleId handle_ = 0;
    relay::Timer end_; ///< the room is lost, and its loss about to be reported
};

} // namespace spillway::daemon::janus
