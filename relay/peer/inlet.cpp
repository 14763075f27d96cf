// On the main path of every packet that comes in.
#include "relay/peer/inlet.h"

#include "relay/base/log.h"
#include "relay/gst/live_source.h"
#include "relay/srtp/rtp_receiver.h"

#include <utility>

namespace spillway::relay {

namespace {

/// Of one turn in the lane; one that took long ends it.
constexpr int packetsOfATurn = 32;
constexpr std::chrono::milliseconds longPush{5};

} // namespace

void Inlet::push(gst::Ref<GstBuffer> buffer, std::uint32_t ssrc, std::uint8_t payloadType) {
    if (!lane_) {
        gst::pushLive(source_.get(), std::move(buffer));
        return;
    }
    const Clock::time_point now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (isNew(ssrc, payloadType, now)) slowUntil_ = now + silence;
    if (now >= slowUntil_ && !inLane_ && detours_ == 0) {
        gst::pushLive(source_.get(), std::move(buffer));
        return;
    }
    if (waiting_.size() == maxWaiting) return drop(ssrc, now);
    waiting_.push_back(std::move(buffer));
    if (!std::exchange(inLane_, true)) lane_->add(shared_from_this());
}

std::uint64_t Inlet::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

/// Under the mutex.
void Inlet::drop(std::uint32_t ssrc, Clock::time_point now) {
    constexpr std::chrono::seconds tellPeriod{1};
    ++dropped_;
    if (now - toldDrops_ < tellPeriod) return;
    toldDrops_ = now;
    log::warn("packets are dropped: {} wait until a new stream of their peer has begun ssrc={} dropped={}",
              maxWaiting, ssrc, dropped_);
}

bool Inlet::isNew(std::uint32_t ssrc, std::uint8_t payloadType, Clock::time_point now) {
    const auto found = sources_.find(ssrc);
    if (found == sources_.end()) {
        if (sources_.size() == srtp::RtpReceiver::maxSources) sources_.clear();
        sources_.emplace(ssrc, Source{payloadType, now});
        return true;
    }
    const Source before = std::exchange(found->second, {payloadType, now});
    return before.payloadType != payloadType || now - before.heard > silence;
}

bool Inlet::turn() {
    for (int i = 0; i < packetsOfATurn; ++i) {
        gst::Ref<GstBuffer> next;
        {
            const std::lock_guard lock(mutex_);
            inLane_ = !waiting_.empty();
            if (!inLane_) return false;
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        const Clock::time_point begun = Clock::now();
        gst::pushLive(source_.get(), std::move(next));
        if (Clock::now() - begun > longPush) break;
    }
    return true;
}

Inlet::Detour::Detour(Inlet& inlet)
    : inlet_(inlet.shared_from_this()) {
    const std::lock_guard lock(inlet_->mutex_);
    ++inlet_->detours_;
}

void Inlet::Detour::expectNew(std::uint32_t ssrc) {
    const std::lock_guard lock(inlet_->mutex_);
    inlet_->sources_.erase(ssrc);
}

Inlet::Detour::~Detour() {
    const std::lock_guard lock(inlet_->mutex_);
    --inlet_->detours_;
}

} // namespace spillway::relay
