#include "relay/outputs/webrtc/media/sequence_map.h"

#include "relay/base/random.h"
#include "relay/rtp/continuity.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

/// The number with these lower 16 bits that is nearest to `near`.
std::uint64_t extended(std::uint16_t number, std::uint64_t near) {
    const auto distance = static_cast<std::int16_t>(number - static_cast<std::uint16_t>(near));
    return near + static_cast<std::uint64_t>(std::int64_t{distance});
}

/// In the lower half, or a receiver whose first packet comes after the wrap takes it for one before it (RFC
/// 3711 section 3.3.1).
std::uint16_t firstSequence() {
    constexpr int firsts = 0x7FFE; // the first that is given out is the next one
    return static_cast<std::uint16_t>(randomNumber<std::uint16_t>() % firsts);
}

bool contains(const SequenceMap::Segment& segment, std::uint64_t number) {
    return number >= segment.first && number <= segment.last;
}

} // namespace

SequenceMap::SequenceMap(std::uint32_t clockRate)
    : SequenceMap(clockRate, firstSequence(), randomNumber<std::uint32_t>()) {}

// The room below keeps numbers before the first from wrapping.
SequenceMap::SequenceMap(std::uint32_t clockRate, std::uint16_t sequence, std::uint32_t timestamp)
    : clockRate_(clockRate)
    , last_(0x10000U + sequence)
    , lastGiven_(last_)
    , givenBefore_(last_)
    , lastTimestamp_(timestamp) {}

bool SequenceMap::isCurrent(std::uint64_t incarnation, std::uint32_t ssrc) const {
    const Segment& segment = segments_[newestSegment_];
    return segmentCount_ > 0 && segment.incarnation == incarnation && segment.ssrc == ssrc;
}

int SequenceMap::ahead(const rtp::Packet& packet) const {
    return static_cast<std::int16_t>(packet.sequence - publisherNewest_);
}

/// Whether the next number would be further than SRTP's receiver can follow (RFC 3711 section 3.3.1).
bool SequenceMap::leapsBy(std::uint64_t distance) const {
    constexpr std::uint64_t furthest = 0x7FFF;
    return last_ + distance - lastGiven_ > furthest;
}

/// What is missing since the last number that was given out is forgotten: its numbers are free again.
void SequenceMap::rewind() {
    last_ = lastGiven_;
    segmentCount_ = 0;
}

void SequenceMap::open(const Segment& segment) {
    if (segmentCount_ > 0) newestSegment_ = (newestSegment_ + 1) % maxSegments;
    segmentCount_ = std::min(segmentCount_ + 1, maxSegments);
    current() = segment;
    current().first = last_ + 1;
    skipped_ = 0;
    dropped_ = false;
}

void SequenceMap::startIncarnation(std::uint64_t incarnation, const rtp::Packet& packet,
                                   Clock::time_point arrived) {
    Clock::duration passed{0};
    if (segmentCount_ > 0) passed = std::max(passed, arrived - current().arrived);
    if (leapsBy(1)) rewind();
    const std::uint32_t timestamp = lastTimestamp_ + std::max(1U, rtp::ticks(passed, clockRate_));
    Segment segment;
    segment.incarnation = incarnation;
    segment.ssrc = packet.ssrc;
    segment.sequenceOffset = static_cast<std::uint16_t>(last_ + 1 - packet.sequence);
    segment.timestampOffset = timestamp - packet.timestamp;
    open(segment);
}

/// Goes on by so many numbers, none of which is given out yet.
void SequenceMap::count(unsigned numbers) {
    if (skipped_ > 0) {
        Segment next = current();
        next.sequenceOffset = static_cast<std::uint16_t>(next.sequenceOffset - skipped_);
        open(next);
    }
    if (numbers >= window)
        given_.reset();
    else
        for (unsigned i = 1; i <= numbers; ++i)
            given_.reset((last_ + i) % window);
    last_ += numbers;
    current().last = last_;
}

std::optional<SequenceMap::Place> SequenceMap::place(std::uint64_t incarnation, const rtp::Packet& packet,
                                                     Clock::time_point arrived, bool dropped) {
    dropped_ = dropped_ || dropped;
    if (mayBeLate(incarnation, packet, arrived)) return placeLate(incarnation, packet, arrived);
    const int distance = ahead(packet);
    const bool same = isCurrent(incarnation, packet.ssrc);
    // A long drop can end anywhere on the circle of numbers.
    const bool starts =
        !same || (!dropped_ && (distance < 0 || leapsBy(static_cast<std::uint64_t>(distance))));
    if (starts) {
        startIncarnation(incarnation, packet, arrived);
        count(1);
    } else if (dropped_) {
        Segment next = current();
        if (leapsBy(1)) rewind();
        next.sequenceOffset = static_cast<std::uint16_t>(last_ + 1 - packet.sequence);
        open(next);
        count(1);
    } else {
        count(static_cast<unsigned>(distance));
    }
    publisherNewest_ = packet.sequence;
    given_.set(last_ % window);
    givenBefore_ = std::exchange(lastGiven_, last_);
    Segment& segment = current();
    segment.arrived = arrived;
    lastTimestamp_ = packet.timestamp + segment.timestampOffset;
    return Place{&segment, static_cast<std::uint16_t>(last_), lastTimestamp_, starts, false};
}

bool SequenceMap::mayBeLate(std::uint64_t incarnation, const rtp::Packet& packet, Clock::time_point arrived) {
    if (!isCurrent(incarnation, packet.ssrc)) return segmentOf(incarnation, packet, arrived) != nullptr;
    if (dropped_ && arrived - current().arrived > lateness) return false;
    const int distance = ahead(packet);
    return distance <= 0 && distance > -static_cast<int>(window);
}

/// The remembered segment that a late packet belongs to.
SequenceMap::Segment* SequenceMap::segmentOf(std::uint64_t incarnation, const rtp::Packet& packet,
                                             Clock::time_point arrived) {
    for (std::size_t back = 0; back < segmentCount_; ++back) {
        Segment& segment = segments_[(newestSegment_ + maxSegments - back) % maxSegments];
        if (segment.incarnation != incarnation || segment.ssrc != packet.ssrc) continue;
        if (arrived - segment.arrived > lateness) continue;
        const auto number = static_cast<std::uint16_t>(packet.sequence + segment.sequenceOffset);
        if (contains(segment, extended(number, segment.last))) return &segment;
    }
    return nullptr;
}

std::optional<SequenceMap::Place> SequenceMap::placeLate(std::uint64_t incarnation, const rtp::Packet& packet,
                                                         Clock::time_point arrived) {
    Segment* segment = segmentOf(incarnation, packet, arrived);
    if (!segment) return std::nullopt;
    const auto sequence = static_cast<std::uint16_t>(packet.sequence + segment->sequenceOffset);
    const std::uint64_t number = extended(sequence, segment->last);
    if (number + window <= last_ || given_.test(number % window)) return std::nullopt;
    given_.set(number % window);
    return Place{segment, sequence, packet.timestamp + segment->timestampOffset, false, true};
}

void SequenceMap::skip(std::uint64_t incarnation, const rtp::Packet& packet, bool dropped) {
    dropped_ = dropped_ || dropped;
    const int distance = ahead(packet);
    if (!isCurrent(incarnation, packet.ssrc) || distance <= 0) return;
    publisherNewest_ = packet.sequence;
    if (dropped_) return;
    // What is missing before it may still come.
    if (distance > 1) count(static_cast<unsigned>(distance - 1));
    ++skipped_;
}

void SequenceMap::giveBack(const Place& place) {
    const std::uint64_t number = extended(place.sequence, last_);
    given_.reset(number % window);
    if (number == lastGiven_) lastGiven_ = givenBefore_;
}

const SequenceMap::Segment* SequenceMap::find(std::uint16_t sequence) const {
    const std::uint64_t number = extended(sequence, last_);
    if (number > last_ || number + window <= last_ || !given_.test(number % window)) return nullptr;
    for (std::size_t back = 0; back < segmentCount_; ++back) {
        const Segment& segment = segments_[(newestSegment_ + maxSegments - back) % maxSegments];
        if (contains(segment, number)) return &segment;
    }
    return nullptr;
}

} // namespace spillway::relay::webrtc
