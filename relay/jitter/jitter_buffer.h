// Puts the packets of one stream (SSRC) in order, asks for what is missing, and says when each is presented.
//
// Comes in: packets as they arrive, retransmissions among them, and the time. Goes out: packets in order of
// their sequence numbers with PTS and DTS, requests for missing ones, and when it wants to be called next.
// While nothing is missing a packet goes out in the very call it came in by. A gap holds up what is behind it
// for `latency` at most, counted from when its last packet was due, just before the one after it; then it is
// lost. Late packets and duplicates are dropped. It never holds more than the bounds below, nor than its pool
// has: the oldest gap is given up then. Any thread, one at a time.
#pragma once

#include "relay/jitter/missing.h"
#include "relay/jitter/sequence.h"
#include "relay/jitter/share.h"
#include "relay/jitter/timeline.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace spillway::relay::jitter {

/// What one stream holds at most: 80 Mbit/s for 100 ms.
constexpr std::size_t maxHeldPackets = 1024;
constexpr std::size_t maxHeldBytes = std::size_t{1024} * 1024;

struct Settings {
    Time latency = std::chrono::milliseconds(100);
    bool retransmission = false; ///< whether missing packets are asked for
};

struct Packet {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t clockRate = 0; ///< of the payload type; 0 when nobody knows it
    Time arrived{};
    std::size_t bytes = 0;
    bool retransmitted = false;
    std::uint8_t payloadType = 0;
};

struct Counts {
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t late = 0; ///< after they were given up
    std::uint64_t duplicates = 0;
    std::uint64_t requests = 0;
};

/// `Payload` is only moved.
template <class Payload>
class JitterBuffer {
  public:
    struct Ready {
        Payload payload;
        std::uint16_t sequence = 0;
        std::uint8_t payloadType = 0;
        Timeline::Stamp stamp;
        std::size_t lostBefore = 0; ///< between the packet before and this one
    };

    /// `pool` is what it holds its packets in, with others.
    explicit JitterBuffer(std::shared_ptr<Pool> pool = nullptr)
        : share_(std::move(pool)) {}

    void set(Settings settings) { settings_ = settings; }
    const Settings& settings() const { return settings_; }

    /// Appends to `ready` what goes on.
    void add(const Packet& packet, Payload payload, std::vector<Ready>& ready);
    /// Gives up what nobody waits for any longer. Appends to `ready` what goes on.
    void advance(Time now, std::vector<Ready>& ready);
    /// Everything that is held, at once: the stream ends or its payload is flushed.
    void drain(std::vector<Ready>& ready);
    std::vector<Request> requests(Time now);
    /// When advance() or requests() have something to do.
    std::optional<Time> nextCall() const;

    const Counts& counts() const { return counts_; }
    std::uint64_t answered() const { return missing_.answered(); }
    /// The highest sequence number that came.
    std::uint16_t newest() const { return static_cast<std::uint16_t>(highest_); }
    std::size_t heldPackets() const { return held_.size(); }
    std::size_t heldBytes() const { return share_.bytes(); }
    const std::shared_ptr<Pool>& pool() const { return share_.pool(); }
    Timeline& timeline() { return timeline_; }
    const Timeline& timeline() const { return timeline_; }
    RoundTrip& roundTrip() { return missing_.roundTrip(); }

  private:
    struct Held {
        Packet packet;
        Payload payload;
    };

    void begin(std::int64_t sequence, Held held, std::vector<Ready>& ready);
    void goOn(std::int64_t sequence, Held held, std::vector<Ready>& ready);
    void drop(std::int64_t sequence);
    Time deadlineOf(std::int64_t missing, Time arrived) const;
    void noteGap(std::int64_t sequence, Time arrived, std::vector<Ready>& ready);
    /// What is missing before `sequence` is lost.
    void giveUpBefore(std::int64_t sequence);
    void giveUpOldest(std::vector<Ready>& ready);
    void release(std::vector<Ready>& ready);
    void deliver(Held held, std::vector<Ready>& ready);
    void forgetSuspect();

    Settings settings_;
    Sequence sequence_;
    Timeline timeline_;
    Missing missing_;
    /// Behind the highest that came, all is missing from `next_` on that is not held.
    std::int64_t next_ = 0;
    std::int64_t highest_ = 0;
    Time highestArrived_{};
    std::map<std::int64_t, Held> held_;
    Share share_;
    std::set<std::int64_t> givenUp_; ///< of late, `Missing::most` at most
    std::optional<Held> suspect_;    ///< Sequence::Kind::suspect
    std::size_t lostBefore_ = 0;
    Counts counts_;
};

template <class Payload>
void JitterBuffer<Payload>::add(const Packet& packet, Payload payload, std::vector<Ready>& ready) {
    using Kind = Sequence::Kind;
    const auto place = sequence_.next(packet.sequence, packet.retransmitted);
    Held held{packet, std::move(payload)};
    if (place.kind == Kind::stray) {
        ++counts_.late;
    } else if (place.kind == Kind::suspect) {
        forgetSuspect();
        suspect_.emplace(std::move(held));
    } else if (place.kind == Kind::restart) {
        drain(ready);
        if (suspect_) begin(place.number - 1, std::move(*suspect_), ready);
        suspect_.reset();
        goOn(place.number, std::move(held), ready);
    } else if (place.kind == Kind::first) {
        begin(place.number, std::move(held), ready);
    } else {
        if (!packet.retransmitted) forgetSuspect();
        goOn(place.number, std::move(held), ready);
    }
}

template <class Payload>
void JitterBuffer<Payload>::begin(std::int64_t sequence, Held held, std::vector<Ready>& ready) {
    givenUp_.clear();
    highest_ = sequence;
    highestArrived_ = held.packet.arrived;
    next_ = sequence + 1;
    deliver(std::move(held), ready);
}

template <class Payload>
void JitterBuffer<Payload>::goOn(std::int64_t sequence, Held held, std::vector<Ready>& ready) {
    const Time arrived = held.packet.arrived;
    if (sequence > highest_)
        noteGap(sequence, arrived, ready);
    else if (!missing_.found(sequence, arrived, held.packet.retransmitted))
        return drop(sequence);
    if (sequence == next_) {
        ++next_;
        deliver(std::move(held), ready);
        return release(ready);
    }
    share_.add(held.packet.bytes);
    held_.emplace(sequence, std::move(held));
    while (held_.size() > maxHeldPackets || share_.bytes() > maxHeldBytes ||
           (share_.isOver() && !held_.empty()))
        giveUpOldest(ready);
}

template <class Payload>
void JitterBuffer<Payload>::drop(std::int64_t sequence) {
    ++(givenUp_.erase(sequence) > 0 ? counts_.late : counts_.duplicates);
}

/// Where `missing` packets in a row would have come at the same distances; a sender may have paused, so that
/// only a part of the latency may be taken off.
template <class Payload>
Time JitterBuffer<Payload>::deadlineOf(std::int64_t missing, Time arrived) const {
    const Time distance = (arrived - highestArrived_) / (missing + 1);
    return arrived + settings_.latency - std::clamp(distance, Time{0}, settings_.latency / 4);
}

template <class Payload>
void JitterBuffer<Payload>::noteGap(std::int64_t sequence, Time arrived, std::vector<Ready>& ready) {
    std::int64_t first = std::exchange(highest_, sequence) + 1;
    const auto tooMany = [&] {
        return missing_.size() + static_cast<std::size_t>(sequence - first) > Missing::most;
    };
    while (tooMany() && !held_.empty())
        giveUpOldest(ready);
    if (tooMany()) {
        const std::int64_t kept = sequence - static_cast<std::int64_t>(Missing::most);
        const auto lost = static_cast<std::size_t>(kept - first);
        counts_.lost += lost;
        lostBefore_ += lost;
        next_ = first = kept;
    }
    if (first < sequence) missing_.add(first, sequence - 1, arrived, deadlineOf(sequence - first, arrived));
    highestArrived_ = arrived;
}

template <class Payload>
void JitterBuffer<Payload>::giveUpBefore(std::int64_t sequence) {
    for (const std::int64_t lost : missing_.giveUpBefore(sequence)) {
        if (givenUp_.size() == Missing::most) givenUp_.erase(givenUp_.begin());
        givenUp_.insert(lost);
        ++counts_.lost;
        ++lostBefore_;
    }
}

template <class Payload>
void JitterBuffer<Payload>::giveUpOldest(std::vector<Ready>& ready) {
    next_ = held_.begin()->first;
    giveUpBefore(next_);
    release(ready);
}

template <class Payload>
void JitterBuffer<Payload>::advance(Time now, std::vector<Ready>& ready) {
    while (!held_.empty() && missing_.deadline() <= now)
        giveUpOldest(ready);
}

template <class Payload>
void JitterBuffer<Payload>::drain(std::vector<Ready>& ready) {
    while (!held_.empty())
        giveUpOldest(ready);
}

template <class Payload>
void JitterBuffer<Payload>::release(std::vector<Ready>& ready) {
    while (!held_.empty() && held_.begin()->first == next_) {
        auto node = held_.extract(held_.begin());
        share_.remove(node.mapped().packet.bytes);
        ++next_;
        deliver(std::move(node.mapped()), ready);
    }
}

template <class Payload>
void JitterBuffer<Payload>::deliver(Held held, std::vector<Ready>& ready) {
    const Packet& packet = held.packet;
    ++counts_.delivered;
    ready.push_back({std::move(held.payload), packet.sequence, packet.payloadType,
                     timeline_.next(packet.timestamp, packet.arrived, packet.clockRate),
                     std::exchange(lostBefore_, 0)});
}

template <class Payload>
void JitterBuffer<Payload>::forgetSuspect() {
    if (suspect_) ++counts_.late;
    suspect_.reset();
}

template <class Payload>
std::vector<Request> JitterBuffer<Payload>::requests(Time now) {
    if (!settings_.retransmission) return {};
    auto due = missing_.requests(now);
    counts_.requests += due.size();
    return due;
}

template <class Payload>
std::optional<Time> JitterBuffer<Payload>::nextCall() const {
    const auto deadline = missing_.deadline();
    const auto request = settings_.retransmission ? missing_.nextRequest() : std::nullopt;
    return request && deadline ? std::min(*request, *deadline) : deadline;
}

} // namespace spillway::relay::jitter
