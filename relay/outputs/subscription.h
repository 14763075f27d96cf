// The wish "this output wants tracks of these names". It outlives any single track: it takes tracks that
// exist, waits for those that do not, and takes them up again when a participant comes back. Loop thread.
#pragma once

#include "relay/outputs/subscriber.h"
#include "relay/values/event.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace spillway::relay {

class Subscription {
  public:
    /// What all subscriptions share; outlives them.
    struct Context {
        Loop& loop;
        QueueBudget& budget;
        OutputLoops& loops;
        std::function<OutputMetrics&(const std::string& output)> metrics;
        /// Outputs that are not closed yet, also those of subscriptions that are gone.
        std::shared_ptr<std::atomic<int>> openOutputs;
        OnEvent happened;
    };

    /// Throws std::runtime_error when the output can never work as it is written.
    Subscription(Context& context, config::SubscriptionSettings settings);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    bool wants(const TrackName& track) const;
    /// The bounds a subscriber of this subscription gets.
    QueueBounds boundsFor(MediaKind kind) const;
    /// What the budget must have for it, in bytes.
    std::uint64_t memoryFor(MediaKind kind) const;

    /// Why it cannot serve any track now. Asked from time to time it finds out whether that is over.
    std::optional<Refused> problem();

    /// Tells, every now and then, which queues have begun or stopped to lose frames.
    void watchDrops(Clock::time_point now);

    /// A track that exists: it is taken when it is wanted. When that fails, why is kept, and the track may be
    /// offered again.
    void offer(Track& track);
    /// Whether a track could not be taken when it was offered.
    bool hasRefused() const { return !refused_.empty(); }
    /// The track is about to go.
    void trackEnds(const TrackName& track);
    /// The tracks it serves.
    std::set<TrackName> served() const;
    /// What its own queues come to for the tracks that `other` serves, as far as it wants them.
    QueueBudget::Amount needsFor(const Subscription& other) const;
    /// As QueueAtTrack::giveWay(), for all of them.
    void giveWay();
    /// Ends all subscribers.
    void end(EndReason reason);

    SubscriptionSnapshot snapshot() const;
    const config::SubscriptionSettings& settings() const { return settings_; }

  private:
    void take(Track& track);
    void startChore();
    void note(const std::string& problem);
    void refuse(const TrackName& track, const std::string& reason);
    void report(const TrackName& track, const char* state, const std::string& detail) const;
    void reportDetached(const TrackName& track, EndReason reason) const;
    void onClosed(const TrackName& track, std::uint64_t serial, EndReason reason);

    Context& context_;
    const config::SubscriptionSettings settings_;
    std::unique_ptr<OutputGroup> group_;
    std::string problem_; ///< as the last look found it
    bool choreStarted_ = false;
    Timer chore_;
    struct Serving {
        /// Distinguishes it from an earlier one on a track of that name, whose output closes late.
        std::uint64_t serial;
        MediaKind kind;
        std::shared_ptr<Subscriber> subscriber;
    };
    std::map<TrackName, Serving> subscribers_;
    std::uint64_t lastSerial_ = 0;
    std::map<TrackName, std::string> refused_; ///< why; offered again
    std::map<TrackName, std::string> ended_;   ///< why; for as long as this track lasts
    Lifetime lifetime_;
};

} // namespace spillway::relay
