// A few threads for whatever of all publishers may take long, so that the thread of the port never waits: the
// first packet of a stream, which may wait for the main loop, or a stream that is being forgotten.
//
// Comes in: whoever has something to do. Each has its turn, one at a time, so that one with much to do does
// not hold up the others for longer than a turn. Owner: the Ingest.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace spillway::relay::ingest {

class SlowLane {
  public:
    class Traffic {
      public:
        virtual ~Traffic() = default;
        /// On a thread of the lane, one turn at a time: a bounded piece of work. True while there is more.
        virtual bool turn() = 0;
    };

    /// When many publishers come at once, each first packet waits for the main loop; so several wait for the
    /// same turn of it.
    static constexpr unsigned usualThreads = 4;
    explicit SlowLane(unsigned threads = usualThreads);
    ~SlowLane() { stop(); }
    SlowLane(const SlowLane&) = delete;
    SlowLane& operator=(const SlowLane&) = delete;

    /// Once for what is waiting; `turn()` comes until it says that there is no more. Any thread, never waits.
    void add(std::shared_ptr<Traffic> traffic);
    /// Ends the threads; what is left is dropped. Idempotent.
    void stop();

  private:
    void run();

    std::mutex mutex_; ///< protects what follows
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Traffic>> waiting_;
    bool stopped_ = false;
    std::vector<std::thread> threads_; ///< last: they use the rest
};

} // namespace spillway::relay::ingest
