#include "relay/outputs/webrtc/media/path_health.h"

#include <algorithm>
#include <cmath>

namespace spillway::relay::webrtc {

namespace {

/// A viewer may report as often as it likes.
constexpr std::chrono::milliseconds leastDistance{250};
/// Of fewer packets no share can be told.
constexpr std::int32_t fewPackets = 20;
/// RFC 8083 section 4.2: k, of which 5 is recommended.
constexpr double reportsUntilDeaf = 5;
/// RFC 8083 section 4.3: an order of magnitude, in an interval of 15 s at most, as our own reports come more
/// often than every 5 s.
constexpr double timesTcp = 10;
constexpr double longestInterval = 15;

double secondsBetween(const PathHealth::Report& first, const PathHealth::Report& last) {
    return std::chrono::duration<double>(last.at - first.at).count();
}

std::int32_t expectedBetween(const PathHealth::Report& first, const PathHealth::Report& last) {
    return static_cast<std::int32_t>(last.highest - first.highest);
}

double lossBetween(const PathHealth::Report& first, const PathHealth::Report& last) {
    const double lost = static_cast<double>(last.lost) - first.lost;
    return std::clamp(lost / std::max(1, expectedBetween(first, last)), 0.0, 1.0);
}

} // namespace

PathHealth::Verdict PathHealth::onReport(const Report& report) {
    if (!reports_.empty() && report.at - reports_.back().at < leastDistance) return verdict_;
    reports_.push_back(report);
    while (reports_.size() > 2 && secondsBetween(reports_[1], report) >= longestInterval)
        reports_.pop_front();
    const Verdict next = judge();
    // What was seen before says nothing of what is sent from now on.
    if (next != verdict_) reports_.erase(reports_.begin(), reports_.end() - 1);
    verdict_ = next;
    return verdict_;
}

PathHealth::Verdict PathHealth::judge() const {
    if (verdict_ == Verdict::broken || arrivesNot()) return Verdict::broken;
    if (congests()) return verdict_ == Verdict::whole ? Verdict::keyframes : Verdict::broken;
    const Report* first = before(std::chrono::duration<double>(window).count());
    if (!first) return verdict_;
    const double loss = lossBetween(*first, reports_.back());
    const std::int32_t expected = expectedBetween(*first, reports_.back());
    if (verdict_ == Verdict::whole && loss > tooMuchLoss && expected >= fewPackets) return Verdict::keyframes;
    if (verdict_ == Verdict::keyframes && loss < littleLoss && expected > 0) return Verdict::whole;
    return verdict_;
}

/// The newest that came so long before the last one; null when none did.
const PathHealth::Report* PathHealth::before(double seconds) const {
    for (auto report = reports_.rbegin(); report != reports_.rend(); ++report)
        if (secondsBetween(*report, reports_.back()) >= seconds) return &*report;
    return nullptr;
}

/// Seconds between two reports.
double PathHealth::distance() const {
    const auto distances = std::max<std::size_t>(1, reports_.size() - 1);
    return secondsBetween(reports_.front(), reports_.back()) / static_cast<double>(distances);
}

/// Nothing, though something was sent early enough to be in the last report.
bool PathHealth::arrivesNot() const {
    const double turn = std::max(reports_.back().roundTrip, distance());
    const Report* first = before(reportsUntilDeaf * turn);
    const Report* sent = before(turn);
    return first && sent && sent->packets > first->packets && expectedBetween(*first, reports_.back()) <= 0;
}

/// With the simplified equation for TCP's throughput. The interval does without the time between frames: ten
/// of these are shorter than three between reports.
bool PathHealth::congests() const {
    const Report& last = reports_.back();
    const Report* first = before(std::min(std::max(10 * last.roundTrip, 3 * distance()), longestInterval));
    if (!first || first == &last) return false;
    const double loss = lossBetween(*first, last);
    const auto packets = static_cast<double>(last.packets - first->packets);
    if (loss <= 0 || packets <= 0 || last.roundTrip <= 0) return false;
    const auto bytes = static_cast<double>(last.bytes - first->bytes);
    const double tcp = bytes / packets / (last.roundTrip * std::sqrt(2 * loss / 3));
    return bytes / secondsBetween(*first, last) > timesTcp * tcp;
}

} // namespace spillway::relay::webrtc
