#include "relay/track/track.h"

#include "relay/base/log.h"

#include <algorithm>

namespace spillway::relay {

Track::Track(Loop& loop, TrackName name, MediaKind kind, std::function<void()> onWatched)
    : name_(std::move(name))
    , kind_(kind)
    , onWatched_(std::move(onWatched))
    , broker_(std::make_shared<KeyframeBroker>(loop, [this] {
        if (input_) input_->requestKeyframe();
    })) {}

Track::~Track() {
    broker_->close();
    releaseInput(TrackInput::Wake::never);
}

void Track::setInput(std::shared_ptr<TrackInput> input) {
    if (input != input_) releaseInput(TrackInput::Wake::never);
    input_ = std::move(input);
    input_->setBroker(broker_);
    atBegin_ = read(*input_);
    stateSince_ = Clock::now();
    unwatchedSince_ = stateSince_;
    paused_ = false;
    refreshFormat();
    moveFeeds();
}

void Track::loseInput(TrackInput::Wake wake) {
    releaseInput(wake);
    stateSince_ = Clock::now();
    paused_ = false;
}

void Track::setPaused(bool paused) {
    paused_ = paused;
    stateSince_ = Clock::now();
}

std::optional<Clock::time_point> Track::unwatchedSince() const {
    if (!attachments_.empty()) return std::nullopt;
    return unwatchedSince_;
}

void Track::moveFeeds() {
    for (auto& [id, attachment] : attachments_) {
        attachment.feed->queue->restart();
        try {
            attachment.branch = branchFor(attachment.feed);
        } catch (const std::exception& error) {
            log::warn("a subscriber cannot follow its track track={} error=\"{}\"", name_.text(),
                      error.what());
            attachment.feed->queue->end(EndReason::trackEnded);
        }
    }
    if (attachments_.empty()) return;
    input_->disarmDrain();
    wishOnAttach();
}

void Track::wishOnAttach() {
    if (kind_ == MediaKind::video) broker_->wish(WishReason::attach);
}

void Track::releaseInput(TrackInput::Wake wake) {
    if (!input_) return;
    input_->setBroker(nullptr);
    input_->sleep(wake);
    for (auto& [id, attachment] : attachments_)
        attachment.branch.reset();
    encoded_.reset();
    before_ = totals();
    lostBefore_ += std::exchange(lost_, 0);
    insideSince_.reset();
    input_.reset();
}

Track::Totals Track::read(const TrackInput& input) {
    return {input.counters()->packets.load(std::memory_order_relaxed),
            input.counters()->bytes.load(std::memory_order_relaxed), input.drainedPackets()};
}

Track::Totals Track::totals() const {
    if (!input_) return before_;
    const Totals now = read(*input_);
    return {before_.packets + now.packets - atBegin_.packets, before_.bytes + now.bytes - atBegin_.bytes,
            before_.drained + now.drained - atBegin_.drained};
}

std::shared_ptr<Branch> Track::branchFor(const std::shared_ptr<Feed>& feed) {
    const bool shares = feed->sharesBranch && feed->rendition == Rendition::rtp;
    if (auto branch = shares ? shared_.lock() : nullptr) {
        branch->add(feed);
        return branch;
    }
    if (feed->rendition == Rendition::encoded && !encoded_)
        encoded_ = std::make_unique<EncodedRendition>(input_->tee(), input_->encoding());
    gst::Tee& tee = feed->rendition == Rendition::encoded ? encoded_->tee() : input_->tee();
    auto branch = std::make_shared<Branch>(tee, feed, input_->counters());
    if (shares) shared_ = branch;
    return branch;
}

Track::FeedId Track::attach(std::shared_ptr<Feed> feed, bool wish) {
    Attachment attachment{std::move(feed), nullptr};
    if (input_) {
        try {
            attachment.branch = branchFor(attachment.feed);
        } catch (...) {
            dropUnusedRendition();
            throw;
        }
        input_->disarmDrain();
        if (wish) wishOnAttach();
    }
    attachments_.emplace(++lastId_, std::move(attachment));
    if (attachments_.size() == 1 && onWatched_) onWatched_();
    return lastId_;
}

void Track::detach(FeedId id) {
    const auto found = attachments_.find(id);
    if (found == attachments_.end()) return;
    if (input_ && attachments_.size() == 1) input_->armDrain();
    if (found->second.branch) found->second.branch->remove(*found->second.feed);
    attachments_.erase(found);
    if (attachments_.empty()) unwatchedSince_ = Clock::now();
    dropUnusedRendition();
}

void Track::dropUnusedRendition() {
    const bool wanted = std::any_of(attachments_.begin(), attachments_.end(), [](const auto& entry) {
        return entry.second.feed->rendition == Rendition::encoded;
    });
    if (!wanted) encoded_.reset();
}

std::optional<RtpFormat> Track::format() const {
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
    snapshot.subscribers = static_cast<std::uint32_t>(attachments_.size());
    const Totals sums = totals();
    snapshot.receivedPackets = sums.packets;
    snapshot.receivedBytes = sums.bytes;
    snapshot.drainedPackets = sums.drained;
    snapshot.lostPackets = lostBefore_ + lost_;
    snapshot.keyframeWishes = broker_->wishes();
    snapshot.keyframeRequests = broker_->requests();
    snapshot.keyframes = broker_->keyframes();
    snapshot.codec = codec_;
    snapshot.clockRate = clockRate_;
    if (!input_) return snapshot;
    snapshot.draining = input_->draining();
    if (snapshot.receivedPackets > 0)
        snapshot.lastPacketAge = std::chrono::duration<double>(Clock::now() - lastActivity()).count();
    return snapshot;
}

std::optional<Clock::time_point> Track::stuckSince() {
    if (!input_) return std::nullopt;
    const auto packets = input_->counters()->packets.load(std::memory_order_relaxed);
    if (!input_->insidePush() || packets != pushSeen_)
        insideSince_.reset();
    else if (!insideSince_)
        insideSince_ = Clock::now();
    pushSeen_ = packets;
    return insideSince_;
}

} // namespace spillway::relay
