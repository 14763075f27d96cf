// What an output needs of a file system before it can begin: a directory or file that is there, or can be
// made.
//
// Comes in: the work that makes it and looks at it. Goes out: whether it can be used, else why not. A file
// system may never answer: the work runs aside, and the loop waits for a moment, once, and for less the more
// places are silent. What failed is tried again with the pauses of Retry. Owner: an OutputGroup. Loop thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/base/retry.h"
#include "relay/values/refused.h"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <future>
#include <optional>

namespace spillway::relay {

class Place {
  public:
    struct Found {
        dev_t device = 0;
        ino_t node = 0;
    };
    /// Throws std::runtime_error, which says what is wrong and where.
    using Look = std::function<Found()>;

    /// `look` must own all that it touches: it may outlive this.
    Place(std::filesystem::path path, Look look);

    /// Why it cannot be used: `limit` while that is not known, because it does not answer or could not be
    /// asked, else `invalid`. Looks again when it is time.
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

    const std::filesystem::path path_;
    const Look look_;
    std::optional<Found> found_;
    std::future<Found> pending_;
    Clock::time_point since_;        ///< of pending_
    std::optional<Refused> problem_; ///< of the last look that ended
    std::optional<Silence> silence_;
    Retry retry_;
};

} // namespace spillway::relay
