#include "relay/jitter/timeline.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::jitter {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Longer than any reordering of frames (a second of B-frames); a sender's clock that goes back by more was
/// restarted, one that leaps ahead of the time that passed by more as well.
constexpr seconds longestStepBack{1};
constexpr seconds longestLeap{3};
/// A sender that paused with its clock standing still. A network that stalls for so long delivers what it
/// held within a window.
constexpr seconds longestDelay{1};
/// Long enough that one packet in it met no queue.
constexpr seconds driftWindow{4};
/// Of the media time that passes: the most a PTS is slewed by. Players take it for drift of their own.
constexpr std::int64_t slewDivisor = 200;
/// Decoding times of frames differ by this at least; below the tick of any clock rate.
constexpr std::chrono::microseconds decodingStep{1};
/// Where extended RTP time begins, so that a timestamp that goes back first does not fall below 0.
constexpr std::uint64_t firstCycle = std::uint64_t{1} << 32U;

Time toTime(std::int64_t ticks, std::uint32_t clockRate) {
    const auto rate = static_cast<std::int64_t>(clockRate);
    return seconds(ticks / rate) + Time(ticks % rate * 1'000'000'000 / rate);
}

} // namespace

void Slew::move(Time most) {
    now_ += std::clamp(target_ - now_, -most, most);
}

bool Drift::add(Time late, Time arrived) {
    if (!shortest_) begun_ = arrived;
    shortest_ = std::min(late, shortest_.value_or(late));
    return arrived - begun_ < driftWindow || close(arrived);
}

bool Drift::close(Time arrived) {
    const Time shortest = *shortest_;
    shortest_.reset();
    begun_ = arrived;
    if (!first_) first_ = shortest;
    const Time drift = shortest - *first_;
    if (drift - drift_ > longestDelay) return false;
    drift_ = drift;
    return true;
}

Timeline::Stamp Timeline::next(std::uint32_t timestamp, Time arrived, std::uint32_t clockRate) {
    if (clockRate == 0) return place(std::max(arrived, newest_));
    if (!anchored_ || clockRate != clockRate_ || jumps(timestamp, arrived)) {
        restart(timestamp, arrived, clockRate);
    } else {
        const std::uint64_t rtp = extended(timestamp);
        const bool isRepeated = rtp == lastRtp_;
        if (!drift_.add(arrived - anchorTime_ - sinceAnchor(rtp), arrived)) {
            restart(timestamp, arrived, clockRate);
        } else {
            goOn(rtp);
            lastArrived_ = std::max(lastArrived_, arrived);
            if (isRepeated && last_) {
                last_->restarted = false;
                return *last_;
            }
            return place(anchorTime_ + sinceAnchor(rtp) + driftSlew_.now());
        }
    }
    Stamp stamp = place(anchorTime_);
    stamp.restarted = true;
    return stamp;
}

bool Timeline::jumps(std::uint32_t timestamp, Time arrived) const {
    const auto ticks = static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(lastRtp_));
    const Time step = toTime(ticks, clockRate_);
    const Time passed = std::max(Time{0}, arrived - lastArrived_);
    return step < -longestStepBack || step > passed + longestLeap;
}

void Timeline::restart(std::uint32_t timestamp, Time arrived, std::uint32_t clockRate) {
    clockRate_ = clockRate;
    anchored_ = true;
    anchorRtp_ = lastRtp_ = newestRtp_ = firstCycle + timestamp;
    anchorTime_ = lastArrived_ = arrived;
    driftSlew_ = {};
    drift_ = {};
    drift_.add(Time{0}, arrived);
    // Behind what was given before; the sender's clock may have been ahead.
    if (last_) anchorTime_ = std::max(anchorTime_, newest_ + decodingStep);
}

std::uint64_t Timeline::extended(std::uint32_t timestamp) const {
    const auto step = static_cast<std::int32_t>(timestamp - static_cast<std::uint32_t>(lastRtp_));
    return lastRtp_ + static_cast<std::uint64_t>(std::int64_t{step});
}

Time Timeline::sinceAnchor(std::uint64_t rtp) const {
    return toTime(static_cast<std::int64_t>(rtp - anchorRtp_), clockRate_);
}

void Timeline::goOn(std::uint64_t rtp) {
    lastRtp_ = rtp;
    if (rtp <= newestRtp_) return;
    const Time most = toTime(static_cast<std::int64_t>(rtp - newestRtp_), clockRate_) / slewDivisor;
    newestRtp_ = rtp;
    driftSlew_.aimAt(drift_.now());
    driftSlew_.move(most);
}

/// What comes between a frame that steps ahead and the next one that does is presented between the two before
/// it (ISO/IEC 14496-10 C.4: reference pictures first, then what lies between them): so nothing that may
/// still come is presented before the frame that was the newest until then.
Timeline::Stamp Timeline::place(Time presentation) {
    if (!last_) {
        newest_ = floor_ = presentation;
        last_ = Stamp{presentation, presentation};
        return *last_;
    }
    if (presentation > newest_) floor_ = std::exchange(newest_, presentation);
    const Time decoding = std::max(floor_, last_->decoding + decodingStep);
    last_ = Stamp{std::max(presentation, decoding), decoding};
    newest_ = std::max(newest_, last_->presentation);
    return *last_;
}

} // namespace spillway::relay::jitter
