#include "daemon/wall_timer.h"

#include <algorithm>
#include <utility>

namespace spillway::daemon {

struct WallTimer::State {
    relay::Loop& loop;
    Time time;
    std::function<void()> call;
    relay::Timer timer = {};
};

WallTimer::WallTimer(relay::Loop& loop, Time time, std::function<void()> call)
    : state_(std::make_shared<State>(State{loop, time, std::move(call)})) {
    arm(state_);
}

void WallTimer::arm(const std::shared_ptr<State>& state) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(state->time - Time::clock::now());
    const auto wait = std::clamp<milliseconds>(left, milliseconds(0), longestWait);
    state->timer = state->loop.after(wait, [weak = std::weak_ptr(state)] {
        const auto held = weak.lock();
        if (!held) return;
        if (Time::clock::now() < held->time) return arm(held);
        std::exchange(held->call, nullptr)();
    });
}

} // namespace spillway::daemon
