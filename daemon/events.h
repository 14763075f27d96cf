// The last transitions of calls, tracks and subscribers, numbered, for whoever wants to follow them.
//
// Comes in: the relay's events. Goes out: entries by id, and a call to every listener after each. Holds the
// last `capacity` and no more. Ids go up by one; they go on after a restart, because they begin with the
// time. Owner: App; outlives the relay and the listeners' streams. Loop thread.
#pragma once

#include "relay/values/event.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>

namespace spillway::daemon {

class EventLog {
    using Listeners = std::list<std::function<void()>>;

  public:
    struct Entry {
        std::uint64_t id = 0;
        std::chrono::system_clock::time_point time;
        relay::Event event;
    };

    /// Listens as long as it lives; may outlive the log.
    class Listener {
      public:
        Listener(std::weak_ptr<Listeners> listeners, Listeners::iterator at)
            : listeners_(std::move(listeners))
            , at_(at) {}
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        ~Listener();

      private:
        std::weak_ptr<Listeners> listeners_;
        Listeners::iterator at_;
    };

    /// Microseconds since 1970.
    static std::uint64_t idOfNow();

    explicit EventLog(std::uint64_t lastId = idOfNow(), std::size_t capacity = 1000)
        : lastId_(lastId)
        , capacity_(capacity) {}

    void add(relay::Event event);

    /// Of the newest entry, or what the next one counts from.
    std::uint64_t lastId() const { return lastId_; }
    /// The id before the oldest entry that is held.
    std::uint64_t lostId() const { return lastId_ - entries_.size(); }
    /// Whether an entry after that one is here no more, or `id` was never given.
    bool misses(std::uint64_t id) const { return id < lostId() || id > lastId_; }
    /// The entry that follows, null when there is none yet. Only without misses(id).
    const Entry* after(std::uint64_t id) const;

    /// Calls `onAdded` after each entry; it must neither listen nor end a Listener.
    std::unique_ptr<Listener> listen(std::function<void()> onAdded);
    std::size_t listeners() const { return listeners_->size(); }

  private:
    std::deque<Entry> entries_;
    std::uint64_t lastId_;
    std::size_t capacity_;
    std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

} // namespace spillway::daemon
