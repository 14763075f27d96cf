#include "relay/outputs/webrtc/media/packet_ring.h"

#include <algorithm>

namespace spillway::relay::webrtc {

namespace {

bool isOf(const Frame& frame, std::uint64_t incarnation, std::uint32_t ssrc, std::uint16_t sequence) {
    return frame.packet && frame.packet->sequence == sequence && frame.packet->ssrc == ssrc &&
           frame.format->incarnation == incarnation;
}

std::size_t sizeOf(const Frame& frame) {
    return frame.packet ? std::size_t{frame.packet->payloadOffset} + frame.packet->payloadBytes : 0;
}

} // namespace

PacketRing::PacketRing()
    : frames_(packets)
    , places_(packets) {}

void PacketRing::put(const Frame& frame) {
    const auto& packet = frame.packet;
    if (!packet) return;
    std::uint16_t& place = places_[packet->sequence % packets];
    const Frame& there = frames_[place];
    if (isOf(there, frame.format->incarnation, packet->ssrc, packet->sequence)) return;
    // From a viewer that is behind the others: it was here and has gone.
    if (frame.arrived <= goneUntil_ || sizeOf(frame) > maxBytes) return;
    if (there.packet && there.packet->sequence % packets == packet->sequence % packets &&
        there.arrived > frame.arrived)
        return;
    while (count_ == packets || bytes_ + sizeOf(frame) > maxBytes)
        evict();
    place = static_cast<std::uint16_t>((oldest_ + count_) % packets);
    frames_[place] = frame;
    ++count_;
    bytes_ += sizeOf(frame);
}

void PacketRing::evict() {
    Frame& frame = frames_[oldest_];
    bytes_ -= sizeOf(frame);
    goneUntil_ = std::max(goneUntil_, frame.arrived);
    frame = {};
    oldest_ = (oldest_ + 1) % packets;
    --count_;
}

const Frame* PacketRing::find(std::uint64_t incarnation, std::uint32_t ssrc, std::uint16_t sequence) const {
    const Frame& frame = frames_[places_[sequence % packets]];
    return isOf(frame, incarnation, ssrc, sequence) ? &frame : nullptr;
}

} // namespace spillway::relay::webrtc
