#include "relay/call/live_publication.h"

#include "relay/base/log.h"
#include "relay/call/publishers.h"
#include "relay/call/tracks.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds answerDeadline{10};

PeerSettings settingsOf(CallContext& context, const PublishRequest& request) {
    auto settings = context.nextPeer(request.participant);
    settings.loopbackOnly = request.loopbackOnly;
    if (!request.loopbackOnly) settings.ingest = context.ingest;
    return settings;
}

} // namespace

LivePublication::LivePublication(CallContext& context, Publishers& publishers, PublishRequest request,
                                 PublishEvents events)
    : Feeder(context, settingsOf(context, request))
    , publishers_(publishers)
    , request_(std::move(request))
    , events_(std::move(events)) {
    if (!request_.client.empty()) place_ = context.waiting.add(request_.client, [this] { giveWay(); });
    peer().acceptOffer(std::exchange(request_.offer, {}), answerDeadline,
                       [this](const LocalDescription& answer) { onAnswer(answer); });
}

void LivePublication::onAnswer(const LocalDescription& answer) {
    const auto notify = std::exchange(events_.onAnswer, nullptr); // it may destroy this
    if (answer.error) end(Tracks::end);
    if (notify) notify(answer);
}

void LivePublication::onConnected() {
    place_ = {};
    publishers_.onConnected(*this);
}

void LivePublication::onLost(LostCause /*cause*/, const std::string& detail) {
    endFor(PublicationEnd::lost, detail, Tracks::end);
}

void LivePublication::replace() {
    log::info("peer replaced {}", label());
    endFor(PublicationEnd::replaced, "replaced by a newer session", Tracks::wait);
}

void LivePublication::giveWay() {
    log::info("peer gives way {} reason=\"too many publishers wait to connect\"", label());
    endFor(PublicationEnd::gaveWay, "too many publishers wait to connect", Tracks::end);
}

void LivePublication::endFor(PublicationEnd why, const std::string& detail, Tracks tracks) {
    const auto notify = events_.onEnded; // it may destroy this
    end(tracks);
    if (notify) notify(why, detail);
}

void LivePublication::leave() {
    if (!isOpen()) return;
    log::info("peer left {}", label());
    end(Tracks::end);
}

void LivePublication::end(Tracks tracks) {
    publishers_.remove(*this);
    place_ = {};
    close(tracks);
    switchedOff_.clear();
    events_ = {};
}

bool LivePublication::addCandidate(const std::string& mid, const std::string& candidate) {
    return isOpen() && peer().addCandidate(mid, candidate);
}

std::string LivePublication::remoteUfrag() const {
    return isOpen() ? peer().remoteUfrag() : std::string();
}

void LivePublication::sourceOff(const std::string& source) {
    if (!isOpen()) return;
    if (auto input = context().tracks.switchOff(*this, {request_.participant, source}))
        switchedOff_[source] = std::move(input);
}

void LivePublication::sourceOn(const std::string& source) {
    if (const auto off = switchedOff_.extract(source)) off.mapped()->wakeOn(TrackInput::Wake::onPacket);
}

std::optional<LineOwner> LivePublication::ownerOf(const TrackInput& input) {
    return LineOwner{request_.participant, sourceName(input)};
}

std::string LivePublication::sourceName(const TrackInput& input) {
    if (const auto known = names_.find(input.mid()); known != names_.end()) return known->second;
    const auto& word = input.kind() == MediaKind::video ? request_.videoSource : request_.audioSource;
    const auto taken = [&](const std::string& name) {
        return std::any_of(names_.begin(), names_.end(),
                           [&](const auto& entry) { return entry.second == name; });
    };
    std::string name = word;
    for (int n = 2; taken(name); ++n)
        name = word + "-" + std::to_string(n);
    return names_.emplace(input.mid(), name).first->second;
}

} // namespace spillway::relay
