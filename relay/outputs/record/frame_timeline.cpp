#include "relay/outputs/record/frame_timeline.h"

#include <algorithm>

namespace spillway::relay {

namespace {

/// Longer than any reordering; shorter than what would freeze a player visibly.
constexpr std::chrono::seconds longestStepBack{1};
/// The resolution of Matroska's timestamps.
constexpr std::chrono::milliseconds tick{1};

} // namespace

FrameTimeline::Time FrameTimeline::expected(Clock::time_point arrived) const {
    if (!lastArrived_) return Time{0};
    return newest_ + std::max(Time{0}, std::chrono::duration_cast<Time>(arrived - *lastArrived_));
}

FrameTimeline::Time FrameTimeline::next(std::optional<Time> presentation, std::optional<Time> decoding,
                                        Clock::time_point arrived) {
    const Time guess = expected(arrived);
    if (presentation && (!base_ || *presentation - *base_ < newest_ - longestStepBack)) {
        base_ = *presentation - guess;
        lastDecoding_.reset();
    }
    Time time = presentation ? *presentation - *base_ : guess;
    const Time order = presentation && decoding ? *decoding - *base_ : time;
    // Without a decoding time that goes on, a frame that does not step forward is out of place. One that does
    // steps far enough to be told apart.
    const bool isReordered = time < newestGiven_ && decoding && lastDecoding_ && order > *lastDecoding_;
    newestGiven_ = std::max(newestGiven_, time);
    if (lastArrived_ && !isReordered) time = std::max(time, newest_ + tick);
    time = std::max(Time{0}, time);
    newest_ = std::max(newest_, time);
    lastDecoding_ = std::max(order, lastDecoding_.value_or(order));
    lastArrived_ = arrived;
    return time;
}

} // namespace spillway::relay
