// Sessions that were asked for and are not connected yet: who has to go so that the next may wait.
//
// Comes in: sessions and whose they are. Goes out: the end of one for each that comes when there are too
// many. A client with many crowds out itself first, so that one with few still gets in. Loop thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace spillway::relay {

class Pending {
    using Id = std::uint64_t;

  public:
    struct Limits {
        std::size_t inAll;
        std::size_t each; ///< of one client
    };
    /// Move-only; the destructor gives it up: the session is connected or gone. The Pending outlives it.
    class Place {
      public:
        Place() = default;
        Place(Place&& other) noexcept;
        Place& operator=(Place&& other) noexcept;
        ~Place();

      private:
        friend class Pending;
        Place(Pending& pending, Id id)
            : pending_(&pending)
            , id_(id) {}

        Pending* pending_ = nullptr;
        Id id_ = 0;
    };

    explicit Pending(Limits limits)
        : limits_(limits) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;

    /// It waits from now on; `end` runs if it has to go for a later one. Now another has to: the oldest of
    /// the same client when that has its share, else, when all places are taken, the oldest of the client
    /// that has most.
    [[nodiscard]] Place add(const std::string& client, std::function<void()> end);

    std::size_t size() const { return sessions_.size(); }

  private:
    struct Session {
        std::string client;
        std::function<void()> end;
    };
    using Waiting = std::map<std::string, std::set<Id>>;

    void makePlaceFor(const std::string& client);
    void crowdOut(Id id);
    void remove(Id id);
    Waiting::const_iterator fullest() const;

    const Limits limits_;
    std::map<Id, Session> sessions_;
    Waiting waiting_; ///< by client, oldest first
    Id last_ = 0;
};

} // namespace spillway::relay
