#include "daemon/signalling/membership.h"

#include "relay/base/log.h"

#include <algorithm>
#include <utility>

namespace spillway::daemon {

namespace {

using Clock = std::chrono::steady_clock;

std::string reasonOf(const Loss& loss) {
    const std::string cause = relay::lostCauseName(loss.cause);
    return loss.detail.empty() ? cause : cause + ": " + loss.detail;
}

} // namespace

Membership::Membership(relay::Loop& loop, relay::GuestCall& call, MakeConnector makeConnector,
                       MembershipRules rules, Backoff::Random random)
    : loop_(loop)
    , call_(call)
    , makeConnector_(std::move(makeConnector))
    , rules_(rules)
    , backoff_(std::move(random), rules.backoff) {
    call_.setState(relay::CallState::joining, "");
    begin();
}

Membership::~Membership() {
    if (!left_) end("");
}

void Membership::begin() {
    backoff_.attempt(Clock::now());
    AttemptEvents events;
    events.onJoined = [this] { joined(); };
    events.onLost = [this](const Loss& loss) { lost(loss); };
    attempt_ = std::make_unique<Attempt>(loop_, call_, rules_.attempt, std::move(events));
    attempt_->join(makeConnector_);
}

void Membership::joined() {
    backoff_.joined(Clock::now());
    call_.setState(relay::CallState::joined, "");
}

void Membership::lost(const Loss& loss) {
    if (loss.final) return lostForGood(loss);
    const auto delay = backoff_.lost(Clock::now(), loss.retryAfter);
    log::warn("call lost call={} cause={} error=\"{}\" retry_in_ms={}", call_.settings().name,
              relay::lostCauseName(loss.cause), loss.detail, delay.count());
    call_.countReconnect(loss.cause);
    call_.setState(relay::CallState::reconnecting, reasonOf(loss));
    attempt_->suspend();
    tryLater(delay);
}

void Membership::lostForGood(const Loss& loss) {
    log::error("call lost for good call={} cause={} error=\"{}\"", call_.settings().name,
               relay::lostCauseName(loss.cause), loss.detail);
    end(reasonOf(loss));
    attempt_->leave([this] { attempt_.reset(); });
}

/// The delay runs from now, while the attempt says good-bye.
void Membership::tryLater(std::chrono::milliseconds delay) {
    attempt_->leave([this, due = Clock::now() + delay] {
        attempt_.reset();
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
        next_ = loop_.after(std::max(rest, std::chrono::milliseconds(0)), [this] { begin(); });
    });
}

/// Peers, their tracks and members go; tracks that wait for a peer end with the state `left`.
void Membership::end(const std::string& reason) {
    left_ = true;
    next_.cancel();
    if (attempt_) attempt_->end();
    call_.setMembers({});
    call_.setState(relay::CallState::left, reason);
}

void Membership::leave(std::function<void()> onLeft) {
    if (!left_) end("");
    if (!attempt_) return loop_.post(std::move(onLeft));
    onLeft_.push_back(std::move(onLeft));
    attempt_->leave([this] {
        attempt_.reset();
        for (const auto& left : std::exchange(onLeft_, {}))
            left();
    });
}

} // namespace spillway::daemon
