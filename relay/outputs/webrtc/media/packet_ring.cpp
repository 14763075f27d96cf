#include "relay/outputs/webrtc/media/packet_ring.h"

#include <algorithm>

namespace spillway::relay::webrtc {

namespace {

bool isOf(const PacketRing::Entry& entry, std::uint64_t source, std::uint32_t ssrc, std::uint16_t sequence) {
    return entry.packet.sequence == sequence && entry.packet.ssrc == ssrc && entry.frame.buffer &&
           entry.frame.format->source == source;
}

std::size_t sizeOf(const RtpPacket& packet) {
    return packet.payloadOffset + packet.payloadBytes;
}

} // namespace

PacketRing::PacketRing()
    : entries_(packets)
    , places_(packets) {}

void PacketRing::put(const Frame& frame, const RtpPacket& packet) {
    std::uint16_t& place = places_[packet.sequence % packets];
    const Entry& there = entries_[place];
    if (isOf(there, frame.format->source, packet.ssrc, packet.sequence)) return;
    // From a viewer that is behind the others: it was here and has gone.
    if (frame.arrived <= goneUntil_ || sizeOf(packet) > maxBytes) return;
    if (there.frame.buffer && there.packet.sequence % packets == packet.sequence % packets &&
        there.frame.arrived > frame.arrived)
        return;
    while (count_ == packets || bytes_ + sizeOf(packet) > maxBytes)
        evict();
    place = static_cast<std::uint16_t>((oldest_ + count_) % packets);
    entries_[place] = {frame, packet};
    ++count_;
    bytes_ += sizeOf(packet);
}

void PacketRing::evict() {
    Entry& entry = entries_[oldest_];
    bytes_ -= sizeOf(entry.packet);
    goneUntil_ = std::max(goneUntil_, entry.frame.arrived);
    entry = {};
    oldest_ = (oldest_ + 1) % packets;
    --count_;
}

const PacketRing::Entry* PacketRing::find(std::uint64_t source, std::uint32_t ssrc,
                                          std::uint16_t sequence) const {
    const Entry& entry = entries_[places_[sequence % packets]];
    return isOf(entry, source, ssrc, sequence) ? &entry : nullptr;
}

} // namespace spillway::relay::webrtc
