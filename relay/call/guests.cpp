#include "relay/call/guests.h"

#include "relay/call/status.h"
#include "relay/call/tracks.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

namespace {

/// A connector's own deadlines are shorter: it has another peer for us by then, or says that it has lost the
/// call.
constexpr std::chrono::seconds longestRenewal{30};

} // namespace

Guests::~Guests() {
    while (!open_.empty())
        open_.back()->leave();
}

template <class Condition>
LiveGuest* Guests::find(Condition condition) const {
    const auto found = std::find_if(open_.begin(), open_.end(), condition);
    return found == open_.end() ? nullptr : *found;
}

std::unique_ptr<Guest> Guests::add(const GuestRequest& request, GuestEvents events) {
    while (auto* waiting = find([](const LiveGuest* other) { return !other->connected(); }))
        waiting->suspend();
    auto guest = std::make_unique<LiveGuest>(context_, *this, request, std::move(events));
    open_.push_back(guest.get());
    changedAt_ = Clock::now();
    return guest;
}

void Guests::onConnected(const LiveGuest& newer) {
    changedAt_ = Clock::now();
    while (auto* older = find([&](const LiveGuest* other) { return other->number() < newer.number(); }))
        older->suspend();
}

void Guests::remove(const LiveGuest& guest) {
    std::erase(open_, &guest);
    changedAt_ = Clock::now();
    awaitedUntil_ = changedAt_ + longestRenewal;
}

void Guests::onStateChanged() {
    changedAt_ = Clock::now();
    awaitedUntil_ = {};
}

bool Guests::connected() const {
    return find([](const LiveGuest* guest) { return guest->connected(); }) != nullptr;
}

std::optional<Clock::time_point> Guests::waitingSince(Clock::time_point now) const {
    const CallState state = context_.status.state();
    if (state == CallState::joining || state == CallState::reconnecting) return std::nullopt;
    const bool onTheWay = !open_.empty() || now < awaitedUntil_;
    if (onTheWay && !connected()) return std::nullopt;
    return changedAt_;
}

void Guests::forgetDue(Clock::time_point now) {
    for (auto* guest : open_)
        guest->forgetDue(now);
}

void Guests::expectMedia() {
    for (auto* guest : open_)
        guest->peer().expectMedia(context_.tracks.expectsMedia(*guest));
}

void Guests::addTo(CallSnapshot& snapshot) const {
    snapshot.peers += static_cast<std::uint32_t>(open_.size());
}

} // namespace spillway::relay
