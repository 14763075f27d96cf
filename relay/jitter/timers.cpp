#include "relay/jitter/timers.h"

#include "relay/base/hold.h"
#include "relay/port/reactor.h"

#include <map>
#include <mutex>
#include <utility>

namespace spillway::relay::jitter {

namespace {

class TimerThread : public Timers, private port::Reactor::Hooks {
  public:
    TimerThread()
        : reactor_("jitter", *this) {
        reactor_.post([] { Hold::neverHere(); });
        reactor_.start();
    }

    void set(std::weak_ptr<Alarm> alarm, Clock::time_point at) override {
        reactor_.post([this, alarm = std::move(alarm), at] { due_.emplace(at, alarm); });
    }

  private:
    bool onReady(std::span<const std::uint32_t>) override { return false; }
    std::optional<Clock::time_point> nextTimeout() override {
        if (due_.empty()) return std::nullopt;
        return due_.begin()->first;
    }
    void onTimeout(Clock::time_point now) override {
        while (!due_.empty() && due_.begin()->first <= now) {
            const auto node = due_.extract(due_.begin());
            const auto alarm = node.mapped().lock();
            if (!alarm) continue;
            if (const auto again = alarm->onAlarm(now)) due_.emplace(std::max(*again, now + shortest), alarm);
        }
    }

    static constexpr std::chrono::milliseconds shortest{1};

    std::multimap<Clock::time_point, std::weak_ptr<Alarm>> due_; ///< of the thread alone
    port::Reactor reactor_;                                      ///< last: its thread uses the rest
};

} // namespace

std::shared_ptr<Timers> sharedTimers() {
    static std::mutex mutex; // protects the next
    static std::weak_ptr<TimerThread> present;
    const std::lock_guard lock(mutex);
    auto timers = present.lock();
    if (!timers) present = timers = std::make_shared<TimerThread>();
    return timers;
}

} // namespace spillway::relay::jitter
