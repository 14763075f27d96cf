#include "relay/port/burst.h"

#include <cassert>

namespace spillway::relay::port {

namespace {

bool fits(const Run& run, std::uint16_t size) {
    // A shorter one was the last.
    const bool even = run.bytes == run.packets * run.segment;
    return even && size <= run.segment && run.bytes + size <= Burst::maxRunBytes;
}

} // namespace

MutableBytes Burst::room(std::size_t bytes) {
    assert(bytes <= maxPacket);
    if (packets_ == maxPackets || used_ + bytes > memory_.size()) return {};
    return MutableBytes(memory_).subspan(used_, bytes);
}

void Burst::add(std::size_t bytes) {
    if (bytes == 0) return;
    assert(packets_ < maxPackets && bytes <= maxPacket && used_ + bytes <= memory_.size());
    places_[packets_] = used_;
    sizes_[packets_++] = static_cast<std::uint16_t>(bytes);
    used_ += bytes;
}

void Burst::clear() {
    packets_ = 0;
    used_ = 0;
}

std::span<const Run> Burst::runs(std::size_t first, std::size_t end, bool together) {
    assert(end <= packets_);
    std::size_t count = 0;
    for (std::size_t i = first; i < end; ++i) {
        const std::uint16_t size = sizes_[i];
        if (!together || count == 0 || !fits(runs_[count - 1], size))
            runs_[count++] = Run{memory_.data() + places_[i], 0, size, 0};
        Run& run = runs_[count - 1];
        run.bytes += size;
        ++run.packets;
    }
    return std::span(runs_).first(count);
}

} // namespace spillway::relay::port
