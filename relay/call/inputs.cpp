#include "relay/call/inputs.h"

#include "relay/peer/peer.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

namespace {

constexpr std::chrono::seconds latePackets{3};

} // namespace

void Inputs::keep(const std::shared_ptr<TrackInput>& input) {
    if (std::find(inputs_.begin(), inputs_.end(), input) == inputs_.end()) inputs_.push_back(input);
}

void Inputs::forget(const TrackInput& input) {
    const bool known = std::any_of(forgotten_.begin(), forgotten_.end(),
                                   [&](const Forgotten& entry) { return entry.ssrc == input.ssrc(); });
    if (!known) forgotten_.push_back({input.ssrc(), Clock::now() + latePackets});
}

void Inputs::remember(const TrackInput& input) {
    std::erase_if(forgotten_, [&](const Forgotten& entry) { return entry.ssrc == input.ssrc(); });
}

void Inputs::forgetDue(Peer& peer, Clock::time_point now) {
    std::vector<Forgotten> later;
    for (const Forgotten& entry : forgotten_) {
        if (entry.due > now)
            later.push_back(entry);
        else if (peer.forgetSsrc(entry.ssrc))
            std::erase_if(inputs_, [&](const auto& input) { return input->ssrc() == entry.ssrc; });
        else
            later.push_back({entry.ssrc, now + latePackets});
    }
    forgotten_ = std::move(later);
}

} // namespace spillway::relay
