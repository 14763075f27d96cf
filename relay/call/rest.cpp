#include "relay/call/rest.h"

#include <algorithm>

namespace spillway::relay {

namespace {

/// Of IPv4, UDP and the tag of SRTP around each packet: what senders count as well.
constexpr std::uint64_t wireBytes = 20 + 8 + 10;

bool isWatched(const RestingTrack& track, Clock::duration linger, Clock::time_point now) {
    return !track.unwatchedSince || now - *track.unwatchedSince < linger;
}

} // namespace

std::optional<std::uint64_t> restLimit(const std::vector<RestingTrack>& tracks, std::uint64_t restBitrate,
                                       Clock::duration linger, Clock::time_point now) {
    bool sendsPictures = false;
    std::uint64_t limit = restBitrate;
    for (const RestingTrack& track : tracks) {
        const bool watched = isWatched(track, linger, now);
        const bool video = track.kind == MediaKind::video;
        if (video && watched) return std::nullopt;
        sendsPictures = sendsPictures || video;
        if (!video && watched) limit += track.bitsPerSecond;
    }
    return sendsPictures ? std::optional(limit) : std::nullopt;
}

void PeakRate::note(std::uint64_t packets, std::uint64_t bytes, Clock::time_point now) {
    constexpr std::chrono::milliseconds shortest{500};
    const auto passed = at_ ? now - *at_ : Clock::duration::max();
    if (passed < shortest) return;
    if (at_ && packets >= packets_ && bytes >= bytes_) {
        const std::uint64_t more = bytes - bytes_ + (packets - packets_) * wireBytes;
        const double seconds = std::chrono::duration<double>(passed).count();
        bitsPerSecond_ =
            std::max(bitsPerSecond_, static_cast<std::uint64_t>(8 * static_cast<double>(more) / seconds));
    }
    packets_ = packets;
    bytes_ = bytes;
    at_ = now;
}

} // namespace spillway::relay
