// What an output needs of a file system before it can begin: a directory or file that is there, or can be
// made.
//
// Comes in: the work that makes it and looks at it. Goes out: whether it can be used, else why not. A file
// system may never answer: the work runs aside, and the loop waits for a moment, once, and not at all while
// another place is silent. What failed is tried again with the pauses of Retry. Owner: an OutputGroup. Loop
// thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/base/retry.h"
#include "relay/values/refused.h"

#include <sys/types.h>

#include <functional>
#include <future>
#include <optional>
#include <string>

namespace spillway::relay {

class Place {
  public:
    struct Found {
        dev_t device = 0;
        ino_t node = 0;
    };
    /// Throws std::runtime_error, which says what is wrong and where.
    using Look = std::function<Found()>;

    /// `look` must own all that it touches: it may outlive this. `name` is for messages.
    Place(std::string name, Look look);

    /// Why it cannot be used: `limit` while it does not answer, else `invalid`. Looks again when it is time.
    std::optional<Refused> problem();
    /// Once there is no problem.
    const Found& found() const { return *found_; }

  private:
    /// One that has not answered in time, from constructor to destructor.
    struct Silence {
        Silence() { ++count; }
        Silence(const Silence&) = delete;
        Silence& operator=(const Silence&) = delete;
        ~Silence() { --count; }
        static inline int count = 0; ///< loop thread
    };

    void start();
    void collect();

    const std::string name_;
    const Look look_;
    std::optional<Found> found_;
    std::future<Found> pending_;
    Clock::time_point since_; ///< of pending_
    std::string problem_;     ///< of the last look that ended
    std::optional<Silence> silence_;
    Retry retry_;
};

} // namespace spillway::relay
