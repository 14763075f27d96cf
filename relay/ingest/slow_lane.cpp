#include "relay/ingest/slow_lane.h"

#include "relay/base/thread_signals.h"

#include <pthread.h>

#include <utility>

namespace spillway::relay::ingest {

SlowLane::SlowLane(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i)
        threads_.emplace_back([this] { run(); });
}

void SlowLane::add(std::shared_ptr<Traffic> traffic) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        waiting_.push_back(std::move(traffic));
    }
    changed_.notify_one();
}

void SlowLane::stop() {
    std::deque<std::shared_ptr<Traffic>> left;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        left.swap(waiting_);
    }
    changed_.notify_all();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

void SlowLane::run() {
    blockSignals();
    pthread_setname_np(pthread_self(), "ingest-slow");
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
        if (stopped_) return;
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const bool more = next->turn();
        if (more) add(std::move(next));
        next.reset(); // it may be the last reference
        lock.lock();
    }
}

} // namespace spillway::relay::ingest
