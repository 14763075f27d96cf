#include "relay/rtp/continuity.h"

#include "relay/base/random.h"

#include <algorithm>

namespace spillway::relay::rtp {

std::uint32_t ticks(Clock::duration duration, std::uint32_t clockRate) {
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return static_cast<std::uint32_t>(microseconds * clockRate / 1'000'000);
}

Continuity::Continuity()
    : Continuity(randomNumber<std::uint16_t>(), randomNumber<std::uint32_t>()) {}

bool Continuity::switches(std::uint64_t incarnation, const Packet& packet) const {
    return origin_ != Origin{incarnation, packet.ssrc};
}

Continuity::Position Continuity::next(std::uint64_t incarnation, const Packet& packet,
                                      Clock::time_point arrived, std::uint32_t clockRate) {
    if (switches(incarnation, packet)) {
        const auto passed =
            origin_ ? std::max(Clock::duration{0}, arrived - lastArrived_) : Clock::duration{0};
        const std::uint32_t timestamp = last_.timestamp + std::max(1U, ticks(passed, clockRate));
        sequenceOffset_ = static_cast<std::uint16_t>(last_.sequence + 1 - packet.sequence);
        timestampOffset_ = timestamp - packet.timestamp;
        last_.sequence = static_cast<std::uint16_t>(last_.sequence + 1);
        origin_ = Origin{incarnation, packet.ssrc};
    }
    const Position position{static_cast<std::uint16_t>(packet.sequence + sequenceOffset_),
                            packet.timestamp + timestampOffset_};
    if (isAhead(position.sequence, last_.sequence)) last_.sequence = position.sequence;
    last_.timestamp = position.timestamp;
    lastArrived_ = arrived;
    return position;
}

void Continuity::skip(std::uint64_t incarnation, const Packet& packet) {
    if (!switches(incarnation, packet)) --sequenceOffset_;
}

} // namespace spillway::relay::rtp
