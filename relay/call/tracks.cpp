#include "relay/call/tracks.h"

#include "relay/base/log.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace spillway::relay {

namespace {

/// The tracks of one publisher begin within some 200 ms of each other.
constexpr std::chrono::seconds comingTime{2};
/// A stream that was silent for so long has stopped.
constexpr std::chrono::milliseconds livingTime{500};
/// SSRCs of a line that are known to have been left; simulcast has three.
constexpr std::size_t mostLeft = 16;

} // namespace

CallTracks::CallTracks(Loop& loop, const config::CallSettings& settings, std::uint32_t most,
                       const CallStatus& status, Events events)
    : loop_(loop)
    , settings_(settings)
    , most_(most)
    , status_(status)
    , events_(std::move(events)) {}

CallTracks::~CallTracks() {
    while (!entries_.empty())
        end(Key(entries_.begin()->first), After::forget);
}

void CallTracks::adopt(Feeder& feeder, const std::shared_ptr<TrackInput>& input) {
    if (!input->awake()) return; // asleep again before its news came here
    feeder.inputs().keep(input);
    const auto owner = feeder.ownerOf(*input);
    log::debug("stream awake call={} peer={} ssrc={} mid={} owner={}", settings_.name, feeder.number(),
               input->ssrc(), input->mid(), owner ? owner->participant + "/" + owner->source : "none");
    if (!owner || !admits(*owner, feeder)) return refuse(feeder, *input, owner);
    if (wasLeft(*owner, feeder, *input)) {
        input->wakeOn(TrackInput::Wake::never);
        return feeder.inputs().forget(*input); // what goes on for longer comes here again
    }
    feeder.inputs().remember(*input);
    const bool isNew = !entries_.contains(*owner);
    Entry& entry = entryFor(*owner, input->kind());
    const auto before = entry.track->input();
    entry.track->setInput(input);
    if (before && entry.feeder == &feeder && before->ssrc() != input->ssrc()) {
        feeder.inputs().forget(*before);
        if (entry.left.size() == mostLeft) entry.left.erase(entry.left.begin());
        entry.left.push_back(before->ssrc());
    }
    if (std::exchange(entry.feeder, &feeder) != &feeder) {
        entry.fedSince = Clock::now();
        entry.left.clear();
    }
    log::info("track live track={} peer={}", entry.track->name().text(), feeder.number());
    status_.trackIs(entry.track->name(), "live");
    if (isNew && events_.added) events_.added(*entry.track);
    limitRate(feeder, Clock::now());
}

bool CallTracks::admits(const Key& key, const Feeder& feeder) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return entries_.size() < most_;
    const Feeder* present = found->second.feeder;
    return !present || present->number() <= feeder.number();
}

bool CallTracks::wasLeft(const Key& key, const Feeder& feeder, const TrackInput& input) const {
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.feeder != &feeder) return false;
    const Entry& entry = found->second;
    const auto& present = entry.track->input();
    return present && present->ssrc() != input.ssrc() &&
           std::find(entry.left.begin(), entry.left.end(), input.ssrc()) != entry.left.end() &&
           Clock::now() - present->counters()->arrival() < livingTime;
}

void CallTracks::refuse(Feeder& feeder, TrackInput& input, const std::optional<Key>& owner) {
    if (owner && !entries_.contains(*owner))
        log::warn(
            "track refused call={} participant={} source={} reason=\"limits.tracks_per_call is reached\"",
            settings_.name, owner->participant, owner->source);
    input.wakeOn(TrackInput::Wake::never);
    if (!feeder.peer().announces(input.mid(), input.ssrc())) feeder.inputs().forget(input);
}

CallTracks::Entry& CallTracks::entryFor(const Key& key, MediaKind kind) {
    Entry& entry = entries_[key];
    if (!entry.track)
        entry.track = std::make_unique<Track>(loop_, TrackName{settings_.name, key.participant, key.source},
                                              kind, [this, key] { onWatched(key); });
    return entry;
}

void CallTracks::end(const Key& key, After after) {
    auto node = entries_.extract(key);
    if (node.empty()) return;
    const Entry& entry = node.mapped();
    if (events_.ends) events_.ends(*entry.track);
    const bool wakes = after == After::wakeOnPacket || after == After::forgetUnlessWoken;
    if (entry.feeder && entry.track->input() && (after == After::forget || after == After::forgetUnlessWoken))
        entry.feeder->inputs().forget(*entry.track->input());
    entry.track->loseInput(wakes ? TrackInput::Wake::onPacket : TrackInput::Wake::never);
    log::info("track ended track={}", entry.track->name().text());
    status_.trackIs(entry.track->name(), "ended");
}

template <class Condition>
void CallTracks::endWhere(Condition condition, After after) {
    std::vector<Key> ended;
    for (const auto& [key, entry] : entries_)
        if (condition(key, entry)) ended.push_back(key);
    for (const auto& key : ended)
        end(key, after);
}

void CallTracks::onPadGone(const Feeder& feeder, std::uint32_t ssrc) {
    endWhere(
        [&](const Key&, const Entry& entry) {
            return entry.feeder == &feeder && entry.track->input() && entry.track->input()->ssrc() == ssrc;
        },
        After::forgetUnlessWoken);
}

std::shared_ptr<TrackInput> CallTracks::switchOff(const Feeder& feeder, const LineOwner& source) {
    const auto found = entries_.find(source);
    if (found == entries_.end() || found->second.feeder != &feeder) return nullptr;
    auto input = found->second.track->input();
    end(source, After::stayAsleep);
    return input;
}

void CallTracks::endDisowned(const Feeder& feeder, const LineOwners& owners) {
    endWhere(
        [&](const Key& key, const Entry& entry) {
            if (entry.feeder != &feeder || !entry.track->input()) return false;
            const auto owner = owners.find(entry.track->input()->mid());
            return owner == owners.end() || owner->second != key;
        },
        After::stayAsleep);
}

void CallTracks::endAllOf(const Feeder& feeder) {
    endWhere([&](const Key&, const Entry& entry) { return entry.feeder == &feeder; }, After::forget);
}

void CallTracks::suspendAllOf(const Feeder& feeder) {
    for (auto& [key, entry] : entries_) {
        if (entry.feeder != &feeder) continue;
        entry.feeder = nullptr;
        entry.track->loseInput(TrackInput::Wake::never);
        status_.trackIs(entry.track->name(), "waiting");
    }
}

void CallTracks::endWaiting() {
    endWhere([](const Key&, const Entry& entry) { return !entry.feeder; }, After::forget);
}

bool CallTracks::isComing(const std::string& participant, MediaKind kind, Clock::time_point now) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
        const auto& [key, entry] = item;
        return key.participant == participant && entry.feeder && now - entry.fedSince < comingTime &&
               entry.feeder->isComing(participant, kind);
    });
}

void CallTracks::pauseUnwatched(Clock::time_point now) {
    if (settings_.unwatched != config::Unwatched::pause) return;
    for (auto& [key, entry] : entries_) {
        const auto since = entry.track->unwatchedSince();
        if (!since || now - *since < settings_.linger || entry.track->paused()) continue;
        if (entry.track->input() && entry.feeder && entry.feeder->takesWishes()) want(entry, false);
    }
}

void CallTracks::onWatched(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    if (found->second.track->paused()) want(found->second, true);
    if (found->second.feeder) limitRate(*found->second.feeder, Clock::now());
}

void CallTracks::restUnwatched(Clock::time_point now) {
    if (settings_.unwatched != config::Unwatched::rest) return;
    std::set<Feeder*> feeders;
    for (auto& [key, entry] : entries_) {
        if (!entry.feeder || !entry.track->input()) continue;
        feeders.insert(entry.feeder);
        const TrackCounters& counters = *entry.track->input()->counters();
        if (entry.track->kind() == MediaKind::audio) entry.rate.note(counters.packets, counters.bytes, now);
    }
    for (Feeder* feeder : feeders)
        limitRate(*feeder, now);
}

void CallTracks::limitRate(Feeder& feeder, Clock::time_point now) {
    if (settings_.unwatched != config::Unwatched::rest || !feeder.peer().takesRateLimit()) return;
    std::vector<RestingTrack> tracks;
    for (const auto& [key, entry] : entries_)
        if (entry.feeder == &feeder && entry.track->input())
            tracks.push_back(
                {entry.track->kind(), entry.track->unwatchedSince(), entry.rate.bitsPerSecond()});
    const auto limit = restLimit(tracks, settings_.restBitrate, settings_.linger, now);
    if (!feeder.limitRate(limit)) return;
    for (const auto& [key, entry] : entries_)
        if (entry.feeder == &feeder && !limit) entry.track->setPaused(false);
}

void CallTracks::want(Entry& entry, bool wanted) {
    const TrackName& name = entry.track->name();
    entry.track->setPaused(!wanted);
    status_.trackIs(name, wanted ? "live" : "paused");
    if (entry.feeder) entry.feeder->want({name.participant, name.source}, wanted);
}

void CallTracks::watch(Clock::time_point now, std::optional<Clock::time_point> waitingSince) {
    for (auto& [key, entry] : entries_) {
        entry.track->refreshFormat();
        if (entry.feeder && entry.track->input())
            entry.track->noteLost(entry.feeder->peer().lostPackets(entry.track->input()->ssrc()));
    }
    // A camera that is only off may come back on the same SSRC.
    endWhere([&](const Key&, const Entry& entry) { return isSilent(entry, now, waitingSince); },
             After::wakeOnPacket);
}

bool CallTracks::isSilent(const Entry& entry, Clock::time_point now,
                          std::optional<Clock::time_point> waitingSince) const {
    if (entry.track->paused()) return false;
    auto since = entry.track->lastActivity();
    if (!entry.feeder) {
        if (!waitingSince) return false;
        since = std::max(since, *waitingSince);
    }
    if (entry.feeder && entry.feeder->isSilent()) return false;
    if (entry.feeder && entry.feeder->rests() && entry.track->kind() == MediaKind::video) return false;
    return now - since > settings_.mediaTimeout;
}

bool CallTracks::expectsMedia(const Feeder& feeder) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
        const Entry& entry = item.second;
        return entry.feeder == &feeder && entry.track->input() && !entry.track->paused();
    });
}

void CallTracks::forEach(const std::function<void(Track&)>& visit) {
    for (auto& [key, entry] : entries_)
        visit(*entry.track);
}

void CallTracks::addTo(Snapshot& snapshot) const {
    for (const auto& [key, entry] : entries_)
        snapshot.tracks.push_back(entry.track->snapshot());
}

} // namespace spillway::relay
