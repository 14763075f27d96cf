#include "relay/outputs/rtp/listener.h"

#include <algorithm>

namespace spillway::relay {

namespace {

/// Linux gives one refusal for each host and second (icmp_ratelimit); others are near that.
constexpr std::chrono::seconds probeEvery{1};
/// More than the way to a host and back.
constexpr std::chrono::milliseconds shortestSilence{200};
constexpr std::chrono::seconds longestSilence{10};
/// A publisher that sends keyframes has been asked for four by then.
constexpr std::chrono::seconds keyframeComesIn{5};

} // namespace

void Listener::refused(Clock::time_point now) {
    if (state_ != State::gone) {
        const bool mistaken = back_ && now - *back_ < longestSilence;
        silence_ = mistaken ? std::min<Clock::duration>(2 * silence_, longestSilence) : shortestSilence;
    }
    if (unanswered_ || state_ != State::gone) nextProbe_ = now + probeEvery;
    state_ = State::gone;
    unanswered_.reset();
}

bool Listener::probes(Clock::time_point now) {
    if (state_ != State::gone) return false;
    if (unanswered_ && now - *unanswered_ >= silence_) {
        state_ = State::back;
        back_ = now;
        return false;
    }
    if (now < nextProbe_) return false;
    nextProbe_ = now + probeEvery;
    if (!unanswered_) unanswered_ = now;
    return true;
}

void Listener::offers(bool keyframe, Clock::time_point now) {
    if (state_ == State::back && (keyframe || now - *back_ >= keyframeComesIn)) state_ = State::there;
}

} // namespace spillway::relay
