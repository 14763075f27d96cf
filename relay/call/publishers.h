// Who publishes in a call. A participant has at most two sessions: one that is connected, and a newer one
// that is about to take over; and the same again for each source that somebody may feed alone. Owner:
// LiveCall. Loop thread.
#pragma once

#include "relay/call/feeder.h"
#include "relay/call/live_publication.h"

#include <memory>
#include <vector>

namespace spillway::relay {

class Publishers {
  public:
    explicit Publishers(CallContext& context)
        : context_(context) {}
    Publishers(const Publishers&) = delete;
    Publishers& operator=(const Publishers&) = delete;
    /// All of them leave.
    ~Publishers();

    /// As Call::publish().
    std::unique_ptr<Publication> publish(const PublishRequest& request, PublishEvents events);

    void forgetDue(Clock::time_point now);
    void addTo(CallSnapshot& snapshot) const;

    /// For LivePublication: it is connected, and takes over from older ones of its participant.
    void onConnected(const LivePublication& newer);
    /// For LivePublication: it is over.
    void remove(const LivePublication& publication);

  private:
    template <class Condition>
    LivePublication* find(Condition condition) const;
    void makePlace();
    void add(const LivePublication* publication, std::vector<ParticipantSnapshot>& all) const;

    CallContext& context_;
    std::vector<LivePublication*> open_; ///< oldest first; each belongs to whoever asked for it
};

} // namespace spillway::relay
