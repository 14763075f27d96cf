#include "relay/call/live_call.h"

#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds watchPeriod{1};

} // namespace

LiveCall::LiveCall(const Shared& shared, config::CallSettings settings, Events events)
    : settings_(std::move(settings))
    , status_(settings_.name, std::move(events.happened))
    , tracks_(shared.loop, settings_, shared.maxTracks, status_,
              {std::move(events.trackAdded), std::move(events.trackEnds)})
    , context_{shared.loop,    settings_,        shared.webrtc, shared.ingest,
               shared.waiting, shared.maxTracks, status_,       tracks_}
    , publishers_(context_)
    , guests_(context_)
    , watch_(shared.loop.every(watchPeriod, [this] { watch(); })) {}

void LiveCall::setState(CallState state, const std::string& detail) {
    const auto change = status_.set(state, detail);
    if (change == CallStatus::Change::state) guests_.onStateChanged();
    if (change != CallStatus::Change::none && state == CallState::left) tracks_.endWaiting();
}

std::unique_ptr<Guest> LiveCall::addGuest(const GuestRequest& request, GuestEvents events) {
    return guests_.add(request, std::move(events));
}

std::unique_ptr<Publication> LiveCall::publish(const PublishRequest& request, PublishEvents events) {
    return publishers_.publish(request, std::move(events));
}

void LiveCall::watch() {
    const auto now = Clock::now();
    publishers_.forgetDue(now);
    guests_.forgetDue(now);
    tracks_.pauseUnwatched(now);
    tracks_.restUnwatched(now);
    tracks_.watch(now, guests_.waitingSince(now));
    guests_.expectMedia();
}

CallSnapshot LiveCall::snapshot() const {
    CallSnapshot snapshot;
    snapshot.name = settings_.name;
    snapshot.type = config::joinName(settings_);
    publishers_.addTo(snapshot);
    guests_.addTo(snapshot);
    status_.addTo(snapshot, guests_.connected());
    return snapshot;
}

} // namespace spillway::relay
