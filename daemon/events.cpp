#include "daemon/events.h"

namespace spillway::daemon {

namespace {

/// What other sides wrote into a reason is not kept without bound.
constexpr std::size_t longestDetail = 1024;

} // namespace

EventLog::Listener::~Listener() {
    if (const auto listeners = listeners_.lock()) listeners->erase(at_);
}

std::uint64_t EventLog::idOfNow() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

void EventLog::add(relay::Event event) {
    if (event.detail.size() > longestDetail) event.detail.resize(longestDetail);
    entries_.push_back({++lastId_, std::chrono::system_clock::now(), std::move(event)});
    if (entries_.size() > capacity_) entries_.pop_front();
    for (const auto& onAdded : *listeners_)
        onAdded();
}

const EventLog::Entry* EventLog::after(std::uint64_t id) const {
    return id == lastId_ ? nullptr : &entries_.at(id - lostId());
}

std::unique_ptr<EventLog::Listener> EventLog::listen(std::function<void()> onAdded) {
    listeners_->push_back(std::move(onAdded));
    return std::make_unique<Listener>(listeners_, std::prev(listeners_->end()));
}

} // namespace spillway::daemon
