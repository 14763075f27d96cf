#include "relay/jitter/missing.h"

#include <algorithm>

namespace spillway::relay::jitter {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds unknownRoundTrip{100};
constexpr milliseconds shortestRoundTrip{20};
/// The other side may take a moment to send, and RTCP to leave.
constexpr milliseconds slack{10};

void lower(std::optional<Time>& time, const std::optional<Time>& other) {
    if (other) time = std::min(*other, time.value_or(*other));
}

} // namespace

void RoundTrip::measured(Time value) {
    value_ = value_ ? (*value_ * 7 + value) / 8 : value;
}

Time RoundTrip::pause() const {
    return value_ ? std::max<Time>(*value_ + slack, shortestRoundTrip) : unknownRoundTrip;
}

Time RoundTrip::shortestAnswer() const {
    return value_.value_or(shortestRoundTrip);
}

/// The time, if what is asked for then can still come.
std::optional<Time> Missing::worthwhile(Time at, const Entry& entry) const {
    if (at + roundTrip_.shortestAnswer() > entry.deadline) return std::nullopt;
    return at;
}

void Missing::add(std::int64_t first, std::int64_t last, Time arrived, Time deadline) {
    Entry entry{deadline, {}, {}, 0};
    // Where nobody waits for long, reordering is given half of it.
    entry.next = worthwhile(arrived + std::min<Time>(grace, (deadline - arrived) / 2), entry);
    lower(nextRequest_, entry.next);
    for (std::int64_t sequence = first; sequence <= last; ++sequence)
        entries_.emplace_hint(entries_.end(), sequence, entry);
}

bool Missing::found(std::int64_t sequence, Time arrived, bool answers) {
    const auto it = entries_.find(sequence);
    if (it == entries_.end()) return false;
    const Entry entry = it->second;
    entries_.erase(it);
    if (answers && entry.requests > 0) ++answered_;
    // After several requests nobody knows which of them this answers.
    if (answers && entry.requests == 1) roundTrip_.measured(arrived - entry.asked);
    if (entries_.empty()) nextRequest_.reset();
    return true;
}

std::vector<std::int64_t> Missing::giveUpBefore(std::int64_t sequence) {
    std::vector<std::int64_t> lost;
    while (!entries_.empty() && entries_.begin()->first < sequence)
        lost.push_back(entries_.extract(entries_.begin()).key());
    if (entries_.empty()) nextRequest_.reset();
    return lost;
}

std::optional<Time> Missing::deadline() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->second.deadline;
}

std::vector<Request> Missing::requests(Time now) {
    std::vector<Request> due;
    if (!nextRequest_ || *nextRequest_ > now) return due;
    nextRequest_.reset();
    for (auto& [sequence, entry] : entries_) {
        if (entry.next && *entry.next <= now) {
            if (worthwhile(now, entry))
                due.push_back({static_cast<std::uint16_t>(sequence), entry.requests++, entry.deadline - now});
            entry.asked = now;
            entry.next = worthwhile(now + roundTrip_.pause(), entry);
        }
        lower(nextRequest_, entry.next);
    }
    return due;
}

} // namespace spillway::relay::jitter
