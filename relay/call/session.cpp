#include "relay/call/session.h"

#include <algorithm>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds latePackets{3};

} // namespace

Session::Session(PeerId sessionId, PublishRequest publishRequest, PublishEvents publishEvents)
    : id(sessionId)
    , request(std::move(publishRequest))
    , events(std::move(publishEvents)) {}

Session::Session(PeerId sessionId, GuestEvents guestEvents)
    : id(sessionId)
    , guest(std::move(guestEvents)) {}

std::optional<LineOwner> Session::ownerOf(const TrackInput& input) {
    if (!isGuest()) return LineOwner{request.participant, sourceName(input)};
    const auto owner = owners.find(input.mid());
    if (owner == owners.end() || !peer->announces(input.mid(), input.ssrc())) return std::nullopt;
    return owner->second;
}

void Session::keep(const std::shared_ptr<TrackInput>& input) {
    if (std::find(inputs.begin(), inputs.end(), input) == inputs.end()) inputs.push_back(input);
}

std::string Session::sourceName(const TrackInput& input) {
    if (const auto known = names_.find(input.mid()); known != names_.end()) return known->second;
    const auto& word = input.kind() == MediaKind::video ? request.videoSource : request.audioSource;
    const auto taken = [&](const std::string& name) {
        return std::any_of(names_.begin(), names_.end(),
                           [&](const auto& entry) { return entry.second == name; });
    };
    std::string name = word;
    for (int n = 2; taken(name); ++n)
        name = word + "-" + std::to_string(n);
    return names_.emplace(input.mid(), name).first->second;
}

void Session::forget(const TrackInput& input) {
    const bool known = std::any_of(forgotten_.begin(), forgotten_.end(),
                                   [&](const Forgotten& entry) { return entry.ssrc == input.ssrc(); });
    if (!known) forgotten_.push_back({input.ssrc(), Clock::now() + latePackets});
}

void Session::remember(const TrackInput& input) {
    std::erase_if(forgotten_, [&](const Forgotten& entry) { return entry.ssrc == input.ssrc(); });
}

void Session::forgetDue(Clock::time_point now) {
    std::vector<Forgotten> later;
    for (const Forgotten& entry : forgotten_) {
        if (entry.due > now)
            later.push_back(entry);
        else if (peer->forgetSsrc(entry.ssrc))
            std::erase_if(inputs, [&](const auto& input) { return input->ssrc() == entry.ssrc; });
        else
            later.push_back({entry.ssrc, now + latePackets});
    }
    forgotten_ = std::move(later);
}

} // namespace spillway::relay
