#include "relay/call/publishers.h"

#include "relay/call/status.h"
#include "relay/ingest/ingest.h"
#include "relay/port/media_port.h"
#include "relay/values/refused.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

Publishers::~Publishers() {
    while (!open_.empty())
        open_.back()->leave();
}

template <class Condition>
LivePublication* Publishers::find(Condition condition) const {
    const auto found = std::find_if(open_.begin(), open_.end(), condition);
    return found == open_.end() ? nullptr : *found;
}

std::unique_ptr<Publication> Publishers::publish(const PublishRequest& request, PublishEvents events) {
    if (context_.ingest && !request.loopbackOnly && !context_.ingest->isReachable())
        throw Refused(Refused::Kind::limit, port::MediaPort::nowhere);
    while (auto* waiting = find(
               [&](const LivePublication* other) { return other->isLike(request) && !other->connected(); }))
        waiting->replace();
    if (open_.size() >= context_.maxTracks) makePlace();
    if (open_.size() >= context_.maxTracks)
        throw Refused(Refused::Kind::limit,
                      "limits.tracks_per_call is reached in call " + context_.settings.name);
    auto publication = std::make_unique<LivePublication>(context_, *this, request, std::move(events));
    open_.push_back(publication.get());
    return publication;
}

/// Those that only wait to connect take nobody's place.
void Publishers::makePlace() {
    if (auto* waiting = find([](const LivePublication* other) { return other->mayGiveWay(); }))
        waiting->giveWay();
}

void Publishers::onConnected(const LivePublication& newer) {
    while (auto* older = find([&](const LivePublication* other) {
               return other->isLike(newer) && other->number() < newer.number();
           })) {
        context_.status.countReplaced();
        older->replace();
    }
}

void Publishers::remove(const LivePublication& publication) {
    std::erase(open_, &publication);
}

void Publishers::forgetDue(Clock::time_point now) {
    for (auto* publication : open_)
        publication->forgetDue(now);
}

void Publishers::addTo(CallSnapshot& snapshot) const {
    snapshot.peers += static_cast<std::uint32_t>(open_.size());
    for (const auto* publication : open_)
        add(publication, snapshot.participants);
}

/// Several sessions of a participant are one, which is connected when one of them is, and rests when all do.
void Publishers::add(const LivePublication* publication, std::vector<ParticipantSnapshot>& all) const {
    const bool mayRest = context_.settings.unwatched == config::Unwatched::rest;
    const auto rests = mayRest ? std::optional(publication->rests()) : std::nullopt;
    const auto same = std::find_if(all.begin(), all.end(), [&](const ParticipantSnapshot& one) {
        return one.name == publication->participant();
    });
    if (same == all.end()) {
        all.push_back({publication->participant(), publication->display(), publication->connected(), rests});
        return;
    }
    same->connected = same->connected || publication->connected();
    if (rests) same->resting = *same->resting && *rests;
}

} // namespace spillway::relay
