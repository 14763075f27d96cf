#include "relay/track/track.h"

#include "relay/base/log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spillway::relay {

Track::Track(Loop& loop, TrackName name, MediaKind kind, std::function<void()> onWatched)
    : name_(std::move(name))
    , kind_(kind)
    , onWatched_(std::move(onWatched))
    , broker_(std::make_shared<KeyframeBroker>(loop, keyframeSource())) {}

Track::~Track() {
    broker_->close();
    releaseInput(TrackInput::Wake::never);
}

KeyframeBroker::Source Track::keyframeSource() {
    return {[this] {
                if (input_) input_->requestKeyframe();
            },
            [this] {
                if (input_) log::warn("no keyframe comes, whatever is asked track={}", name_.text());
            }};
}

void Track::setInput(std::shared_ptr<TrackInput> input) {
    // A sender that changed its payload type may change it back.
    const bool isSameStream = input_ && input_->ssrc() == input->ssrc();
    if (input != input_) releaseInput(isSameStream ? TrackInput::Wake::onPacket : TrackInput::Wake::never);
    input_ = std::move(input);
    input_->setBroker(broker_);
    totals_.begin(*input_);
    stateSince_ = Clock::now();
    unwatchedSince_ = stateSince_;
    paused_ = false;
    refreshFormat();
    moveQueues();
    broker_->renew();
}

void Track::loseInput(TrackInput::Wake wake) {
    releaseInput(wake);
    stateSince_ = Clock::now();
    paused_ = false;
}

void Track::setPaused(bool paused) {
    paused_ = paused;
    stateSince_ = Clock::now();
    if (paused)
        broker_->pause();
    else
        broker_->renew();
}

std::optional<Clock::time_point> Track::unwatchedSince() const {
    if (!places_.empty()) return std::nullopt;
    return unwatchedSince_;
}

void Track::moveQueues() {
    for (Place& place : places_) {
        place.queue->restart();
        try {
            place.branch = branchFor(place);
        } catch (const std::exception& error) {
            log::warn("cannot move a subscriber to the new source track={} error=\"{}\"", name_.text(),
                      error.what());
            place.queue->end(EndReason::trackEnded);
        }
    }
    if (places_.empty()) return;
    input_->disarmDrain();
    wishOnAttach();
}

void Track::wishOnAttach() {
    if (kind_ == MediaKind::video) broker_->wish(WishReason::attach);
}

void Track::releaseInput(TrackInput::Wake wake) {
    if (!input_) return;
    input_->setBroker(nullptr);
    input_->wakeOn(wake);
    for (Place& place : places_)
        place.branch.reset();
    totals_.end(*input_);
    stuckWatch_.reset();
    input_.reset();
}

std::shared_ptr<TrackRendition> Track::renditionFor(Rendition rendition) {
    Made& made = made_[rendition];
    auto present = made.rendition.lock();
    if (!present) made.rendition = present = makeRendition(rendition, *input_);
    return present;
}

std::shared_ptr<Branch> Track::branchFor(const Place& place) {
    std::weak_ptr<Branch>& shared = made_[place.rendition].sharedBranch;
    if (auto branch = place.use == BranchUse::shared ? shared.lock() : nullptr) {
        branch->add(place.queue);
        return branch;
    }
    auto branch = std::make_shared<Branch>(renditionFor(place.rendition), place.queue, input_->counters());
    if (place.use == BranchUse::shared) shared = branch;
    return branch;
}

Track::Attachment Track::attach(std::shared_ptr<FrameQueue> queue, Rendition rendition, BranchUse use) {
    Place place{std::move(queue), rendition, use, nullptr};
    if (input_) {
        place.branch = branchFor(place);
        input_->disarmDrain();
        if (place.queue->stats().awaitingKeyframe) wishOnAttach();
    }
    places_.push_back(std::move(place));
    Attachment attachment(self_, std::prev(places_.end()));
    if (places_.size() == 1 && onWatched_) onWatched_();
    return attachment;
}

void Track::detach(Places::iterator place) {
    if (input_ && places_.size() == 1) input_->armDrain();
    if (place->branch) place->branch->remove(*place->queue);
    places_.erase(place);
    if (places_.empty()) unwatchedSince_ = Clock::now();
}

Track::Attachment& Track::Attachment::operator=(Attachment&& other) noexcept {
    if (this == &other) return *this;
    detach();
    track_ = std::move(other.track_);
    place_ = other.place_;
    return *this;
}

void Track::Attachment::detach() {
    if (const auto track = track_.lock()) track->detach(place_);
    track_.reset();
}

std::optional<rtp::Format> Track::format() const {
    return input_ ? input_->format() : std::nullopt;
}

Clock::time_point Track::lastActivity() const {
    return input_ ? std::max(stateSince_, input_->counters()->arrival()) : stateSince_;
}

void Track::refreshFormat() {
    if (!input_) return;
    codec_ = input_->encoding();
    clockRate_ = input_->clockRate();
}

TrackSnapshot Track::snapshot() const {
    TrackSnapshot snapshot;
    snapshot.name = name_;
    snapshot.kind = kind_;
    snapshot.state = !input_ ? TrackState::waiting : paused_ ? TrackState::paused : TrackState::live;
    snapshot.subscribers = static_cast<std::uint32_t>(places_.size());
    const auto sums = totals_.sums(input_.get());
    snapshot.receivedPackets = sums.packets;
    snapshot.receivedBytes = sums.bytes;
    snapshot.drainedPackets = sums.drained;
    snapshot.lostPackets = sums.lost;
    snapshot.keyframeWishes = broker_->wishes();
    snapshot.keyframeRequests = broker_->requests();
    snapshot.keyframes = broker_->keyframes();
    snapshot.noKeyframes = input_ && broker_->isHopeless();
    snapshot.codec = codec_;
    snapshot.clockRate = clockRate_;
    if (!input_) return snapshot;
    snapshot.draining = input_->draining();
    if (snapshot.receivedPackets > 0)
        snapshot.lastPacketAge = std::chrono::duration<double>(Clock::now() - lastActivity()).count();
    return snapshot;
}

std::optional<Clock::time_point> Track::stuckSince() {
    return input_ ? stuckWatch_.look(*input_) : std::nullopt;
}

} // namespace spillway::relay
