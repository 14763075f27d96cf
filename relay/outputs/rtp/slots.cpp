#include "relay/outputs/rtp/slots.h"

#include "relay/base/random.h"

#include <fmt/core.h>

#include <stdexcept>

namespace spillway::relay {

RtpLease RtpSlots::take(const TrackName& track) {
    auto found = slots_.find(track);
    if (found == slots_.end())
        found = slots_.emplace(track, std::make_shared<RtpSlot>(freeIndex(), randomNumber<std::uint32_t>()))
                    .first;
    return RtpLease(found->second);
}

std::uint32_t RtpSlots::freeIndex() {
    if (slots_.size() < count_) return static_cast<std::uint32_t>(slots_.size());
    auto oldest = slots_.end();
    for (auto it = slots_.begin(); it != slots_.end(); ++it) {
        if (it->second->users > 0) continue;
        if (oldest == slots_.end() || it->second->lastUsed < oldest->second->lastUsed) oldest = it;
    }
    if (oldest == slots_.end())
        throw std::runtime_error(fmt::format("all {} RTP streams (max_tracks) are in use", count_));
    const std::uint32_t index = oldest->second->index;
    slots_.erase(oldest);
    return index;
}

} // namespace spillway::relay
