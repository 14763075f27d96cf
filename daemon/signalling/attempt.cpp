#include "daemon/signalling/attempt.h"

#include "relay/base/log.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace spillway::daemon {

namespace {

Loss signallingLoss(std::string detail) {
    Loss loss;
    loss.detail = std::move(detail);
    return loss;
}

std::string within(std::chrono::milliseconds time) {
    return " within " + std::to_string(time.count()) + " ms";
}

} // namespace

Attempt::Attempt(relay::Loop& loop, relay::GuestCall& call, AttemptRules rules, AttemptEvents events)
    : loop_(loop)
    , call_(call)
    , rules_(rules)
    , events_(std::move(events))
    , open_(std::make_unique<relay::Lifetime>()) {}

void Attempt::join(const MakeConnector& make) {
    deadline_ =
        loop_.after(rules_.join, [this] { lose(signallingLoss("not joined" + within(rules_.join))); });
    try {
        connector_ = make(connectorEvents());
        connector_->join();
    } catch (const std::exception& error) {
        lose(signallingLoss(error.what()));
    }
}

ConnectorEvents Attempt::connectorEvents() {
    ConnectorEvents events;
    events.onJoined = open_->guard([this] { joined(); });
    events.onMembers =
        open_->guard([this](std::vector<relay::Member> members) { call_.setMembers(std::move(members)); });
    events.onOwners = open_->guard([this](const relay::LineOwners& owners) {
        if (present_) newest()->setOwners(owners);
    });
    events.onOffer = open_->guard([this](const SfuOffer& offer) { onOffer(offer); });
    events.onOfferWanted =
        open_->guard([this](std::vector<config::IceServer> servers) { onOfferWanted(std::move(servers)); });
    events.onAnswer = open_->guard(
        [this](const std::string& sdp, const relay::LineOwners& owners) { onAnswerFromSfu(sdp, owners); });
    events.onLost = open_->guard([this](Loss loss) { lose(std::move(loss)); });
    return events;
}

void Attempt::joined() {
    deadline_.cancel();
    isJoined_ = true;
    events_.onJoined();
}

void Attempt::onOffer(const SfuOffer& offer) {
    if (isJoined_) deadline_.cancel();
    if ((offer.newPeer || !present_) && !newGuest({})) return;
    newest()->acceptOffer(offer.sdp, offer.owners);
}

void Attempt::onOfferWanted(std::vector<config::IceServer> servers) {
    if (isJoined_) deadline_.cancel();
    if (newGuest(std::move(servers))) newest()->createOffer();
}

void Attempt::onAnswerFromSfu(const std::string& sdp, const relay::LineOwners& owners) {
    if (!present_) return lose(signallingLoss("the answer comes too late"));
    if (const auto why = newest()->acceptAnswer(sdp, owners))
        lose(signallingLoss("the answer cannot be taken: " + *why));
}

/// A guest that carries media stays until this one is connected, when the call ends it; one that never
/// connected goes at once. So there are two at most.
bool Attempt::newGuest(std::vector<config::IceServer> servers) {
    present_ = std::make_unique<relay::Lifetime>();
    if (next_) next_->suspend();
    next_.reset();
    try {
        next_ = call_.addGuest({std::move(servers)}, guestEvents());
        return true;
    } catch (const std::exception& error) {
        present_.reset();
        lose(signallingLoss(error.what()));
        return false;
    }
}

/// Puts a guest's event off to a turn of its own: what the connector does about it may end that very guest.
template <class Fn>
auto Attempt::inTurn(Fn fn) {
    return present_->guard([this, fn](const auto&... values) {
        loop_.post(present_->guard([fn, values...] { fn(values...); }));
    });
}

relay::GuestEvents Attempt::guestEvents() {
    relay::GuestEvents events;
    events.onAnswer = inTurn([this](const relay::LocalDescription& answer) { onAnswerFromGuest(answer); });
    events.onOffer = inTurn([this](const relay::LocalDescription& offer) { onOfferFromGuest(offer); });
    events.onCandidate = inTurn([this](const std::string& mid, const std::string& candidate) {
        connector_->candidate(mid, candidate);
    });
    events.onConnected = inTurn([this] { onGuestConnected(); });
    events.onLost =
        inTurn([this](relay::LostCause cause, const std::string& detail) { onGuestLost(cause, detail); });
    events.onWanted =
        inTurn([this](const relay::LineOwner& track, bool wanted) { connector_->want(track, wanted); });
    return events;
}

void Attempt::onOfferFromGuest(const relay::LocalDescription& offer) {
    if (offer.error) return lose(signallingLoss("no offer: " + offer.error->detail));
    connector_->offer(offer.sdp);
}

void Attempt::onAnswerFromGuest(const relay::LocalDescription& answer) {
    using Kind = relay::NegotiationError::Kind;
    if (!answer.error) return connector_->answer(answer.sdp);
    if (answer.error->kind == Kind::newPeer || answer.error->kind == Kind::internal)
        return renewOrLose(relay::LostCause::signalling, answer.error->detail);
    lose(signallingLoss("cannot answer the offer: " + answer.error->detail));
}

void Attempt::onGuestConnected() {
    if (next_) connected_ = std::move(next_);
    if (isJoined_ && !renewals_.empty()) call_.setState(relay::CallState::joined, "");
}

/// An older guest has ended already, or has nothing to do with what signalling talks about now.
void Attempt::onGuestLost(relay::LostCause cause, const std::string& detail) {
    newest().reset();
    renewOrLose(cause, detail);
}

void Attempt::renewOrLose(relay::LostCause cause, const std::string& detail) {
    present_.reset();
    if (!isJoined_ || !mayRenew() || !connector_->renew()) return lose({cause, detail, false, std::nullopt});
    log::warn("replacing peer call={} cause={} error=\"{}\"", call_.settings().name,
              relay::lostCauseName(cause), detail);
    call_.countReconnect(cause);
    call_.setState(relay::CallState::joined, std::string("a new peer: ") + relay::lostCauseName(cause));
    deadline_ = loop_.after(
        rules_.renew, [this] { lose(signallingLoss("no offer for the new peer" + within(rules_.renew))); });
}

bool Attempt::mayRenew() {
    const auto now = std::chrono::steady_clock::now();
    while (!renewals_.empty() && now - renewals_.front() >= rules_.renewalWindow)
        renewals_.pop_front();
    if (renewals_.size() >= rules_.renewals) return false;
    renewals_.push_back(now);
    return true;
}

/// May run inside any callback, also of what is to end now.
void Attempt::lose(Loss loss) {
    if (!open_) return;
    silence();
    loop_.post(lifetime_.guard([this, loss = std::move(loss)] { events_.onLost(loss); }));
}

void Attempt::silence() {
    deadline_.cancel();
    open_.reset();
    present_.reset();
}

void Attempt::suspend() {
    silence();
    for (auto* guest : {&connected_, &next_})
        if (const auto suspended = std::move(*guest)) suspended->suspend();
}

void Attempt::end() {
    silence();
    connected_.reset();
    next_.reset();
}

void Attempt::leave(std::function<void()> onLeft) {
    const bool isLeaving = onLeft_ != nullptr;
    onLeft_ = std::move(onLeft);
    if (isLeaving) return;
    const auto done = [this] {
        leaving_.cancel();
        if (const auto left = std::exchange(onLeft_, nullptr)) left();
    };
    leaving_ = loop_.after(rules_.leave, done);
    const std::function<void()> post = lifetime_.guard([this, done] { loop_.post(lifetime_.guard(done)); });
    connector_ ? connector_->leave(post) : post();
}

} // namespace spillway::daemon
