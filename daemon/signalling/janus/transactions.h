// Which answer of Janus belongs to which request, each with a deadline.
//
// Comes in: every message that bears a transaction. Goes out: one Reply for each request. Janus may send the
// final event of a request before its `ack`; later ones find no transaction and are ignored. Owner: Session.
// Loop thread.
#pragma once

#include "daemon/signalling/janus/json.h"
#include "relay/base/loop.h"

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace spillway::daemon::janus {

struct Reply {
    static constexpr int noAnswer = -1;

    int error = 0; ///< Janus' or VideoRoom's code; 0 when there is none
    std::string reason;
    Json data; ///< what the plugin said, or the core
    Json jsep; ///< null when there is none
};

/// Of an answer or an event.
Reply readReply(Json message);

class Transactions {
  public:
    using Done = std::function<void(const Reply&)>;
    enum class Until {
        answered,    ///< `success`, `error` or an event
        acknowledged ///< `ack` is all that comes
    };

    explicit Transactions(relay::Loop& loop)
        : loop_(loop) {}

    /// The id for a new request.
    std::string begin(Until until, std::chrono::milliseconds deadline, Done done);
    /// True when the message belongs to a request, or to one that is done; its contents are then gone.
    bool settle(Json& message);
    /// Forgets all, silently.
    void clear() { open_.clear(); }

  private:
    struct Open {
        Until until;
        Done done;
        relay::Timer deadline;
    };

    void finish(const std::string& id, const Reply& reply);

    relay::Loop& loop_;
    std::map<std::string, Open> open_;
    std::uint64_t last_ = 0;
};

} // namespace spillway::daemon::janus
