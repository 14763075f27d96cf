// One session with Janus, over one WebSocket after another.
//
// Comes in: requests. Goes out: their replies, events of handles, and once that the session is lost. It keeps
// the session alive, and when the socket is lost it tries once to claim the session over a new one. A session
// that an earlier connector of the call left behind is destroyed first. No secret is logged. Owner:
// JanusConnector. Loop thread. It must not be destroyed inside an event.
#pragma once

#include "config/settings.h"
#include "daemon/signalling/connector.h"
#include "daemon/signalling/janus/memory.h"
#include "daemon/signalling/janus/socket.h"
#include "daemon/signalling/janus/transactions.h"

#include <memory>
#include <optional>

namespace spillway::daemon::janus {

struct SessionEvents {
    std::function<void()> onReady;
    /// The socket was lost and the session was not. What Janus said and was asked in between is lost.
    std::function<void()> onReclaimed;
    /// What answers no request.
    std::function<void(Json message)> onEvent;
    std::function<void(Loss)> onLost;
};

using HandleId = std::uint64_t;

class Session {
  public:
    Session(relay::Loop& loop, const config::JanusJoin& join, std::string call,
            std::shared_ptr<Memory> memory, SessionEvents events);

    /// Attaches to VideoRoom; the reply's data has the handle's `id`.
    void attach(Transactions::Done done);
    /// A request to the plugin; `jsep` may be null.
    void message(HandleId handle, Json body, const Json& jsep, Transactions::Done done);
    /// A request to the core whose answer nobody awaits (`detach`, `trickle`).
    void tell(HandleId handle, Json message);
    /// The last request: handles and session end. `done` runs once the socket is closed after that, or after
    /// `deadline`.
    void destroy(std::chrono::milliseconds deadline, std::function<void()> done);
    /// Ends it without waiting, if Janus can be reached at all; no event follows.
    void abandon();

  private:
    enum class State { connecting, up, reclaiming, ended };

    void connect(std::chrono::milliseconds deadline);
    void onOpen();
    void onText(const std::string& text);
    void onClosed(const std::string& why);
    void destroyStale();
    void create();
    void onCreated(const Reply& reply);
    void claim();
    void onClaimed(const Reply& reply);
    void keepAlive();
    void lose(Loss loss);
    void destroyed();
    /// With what every request in a session bears.
    Json complete(const char* kind, HandleId handle, Json message) const;
    void request(Json message, Transactions::Until until, Transactions::Done done);

    relay::Loop& loop_;
    config::JanusJoin join_;
    std::string call_;
    std::shared_ptr<Memory> memory_;
    SessionEvents events_;
    State state_ = State::connecting;
    std::uint64_t id_ = 0;
    std::chrono::steady_clock::time_point claimedAt_{};
    Transactions transactions_;
    std::unique_ptr<Socket> socket_;
    relay::Timer keepAlive_;
    relay::Timer deadline_; ///< of claiming or of leaving
    std::function<void()> onDestroyed_;
};

} // namespace spillway::daemon::janus
