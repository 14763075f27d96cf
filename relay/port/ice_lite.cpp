#include "relay/port/ice_lite.h"

#include "relay/base/random.h"
#include "relay/port/demux.h"
#include "relay/port/ice_messages.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::port {

namespace {

/// RFC 7675 section 5.1: 0.8 to 1.2 of the interval, so that nodes do not fall into step.
Clock::duration randomConsentInterval() {
    const auto part = std::chrono::milliseconds(800 + randomNumber<std::uint32_t>() % 401);
    return part * IceLite::consentInterval.count();
}

} // namespace

IceLite::IceLite(IceCredentials ours, IceCredentials theirs, SessionTag tag, Clock::time_point now)
    : ours_(std::move(ours))
    , theirs_(std::move(theirs))
    , tag_(tag)
    , lastAnswer_(now) {}

IceLite::~IceLite() = default;

IceLite::Outcome IceLite::receive(Bytes datagram, const Path& path, Clock::time_point now,
                                  MutableBytes into) {
    if (kindOf(datagram) != DatagramKind::stun) return {};
    const auto before = selected_;
    Outcome outcome;
    if (isBindingAnswer(datagram)) {
        onAnswer(datagram, path, now);
    } else {
        into = into.first(std::min(into.size(), maxMessage));
        const auto answered =
            answerCheck(datagram, ours_.ufrag + ':' + theirs_.ufrag, ours_.pwd, path.remote, into);
        outcome.reply = answered.reply;
        outcome.accepted = answered.accepted;
        if (answered.accepted) outcome.checkBack = onCheck(path, answered.nominates, now);
    }
    outcome.selected = selected_ != before;
    return outcome;
}

IceLite::CheckBack IceLite::onCheck(const Path& path, bool nominates, Clock::time_point now) {
    // Once a path is selected, only a nomination may change that.
    if (selected_ && !nominates) return CheckBack::no;
    Known& known = know(path, now);
    if (nominates) {
        if (known.nomination == 0) known.sent = 0;
        known.nomination = ++nominations_;
    }
    if (selected_ == path) return CheckBack::no;
    if (known.nomination == 0) return CheckBack::behindReply;
    if (!known.isProven(now)) return CheckBack::beforeReply;
    select(known);
    return CheckBack::no;
}

void IceLite::onAnswer(Bytes datagram, const Path& path, Clock::time_point now) {
    Known* known = find(path);
    if (!known || !known->awaitsAnswer(now) || !answersCheck(datagram, *known->asked, theirs_.pwd)) return;
    known->asked.reset();
    known->proven = now;
    if (!selected_ || path == *selected_) lastAnswer_ = now;
    if (path == selected_) return;
    known->next.reset();
    if (known->nomination == 0) return;
    const Known* current = selected_ ? find(*selected_) : nullptr;
    if (!current || known->nomination > current->nomination) select(*known);
}

/// Forgets what was nominated before, and its proof: to come back there, a remote answers anew.
void IceLite::select(Known& chosen) {
    selected_ = chosen.path;
    lastAnswer_ = *chosen.proven;
    chosen.next = nextCheck(chosen, lastAnswer_);
    std::erase_if(known_,
                  [latest = chosen.nomination](const Known& known) { return known.nomination < latest; });
}

void IceLite::loseSelected() {
    if (selected_) std::erase_if(known_, [&](const Known& known) { return known.path == *selected_; });
    selected_.reset();
}

IceLite::Known* IceLite::find(const Path& path) {
    const auto found =
        std::find_if(known_.begin(), known_.end(), [&](const Known& known) { return known.path == path; });
    return found == known_.end() ? nullptr : &*found;
}

/// In the place of the one that was silent for longest, when there are too many.
IceLite::Known& IceLite::know(const Path& path, Clock::time_point now) {
    if (Known* known = find(path)) {
        known->heard = now;
        return *known;
    }
    if (known_.size() < maxPaths) return known_.emplace_back(Known{path, now});
    const auto heard = [&](const Known& known) {
        return known.path == selected_ ? Clock::time_point::max() : known.heard;
    };
    Known& oldest = *std::min_element(known_.begin(), known_.end(),
                                      [&](const Known& a, const Known& b) { return heard(a) < heard(b); });
    return oldest = Known{path, now};
}

std::optional<Path> IceLite::due(Clock::time_point now) const {
    for (const Known& known : known_)
        if (known.next && *known.next <= now) return known.path;
    return std::nullopt;
}

std::optional<Clock::time_point> IceLite::nextDue() const {
    std::optional<Clock::time_point> earliest;
    for (const Known& known : known_)
        if (known.next) earliest = std::min(*known.next, earliest.value_or(*known.next));
    return earliest;
}

/// Consent is asked for with a new transaction each time (RFC 7675 section 5.1); else the one that still
/// waits is sent again.
std::size_t IceLite::check(const Path& path, Clock::time_point now, MutableBytes into) {
    Known* known = find(path);
    if (!known) return 0;
    if (path == selected_ || !known->awaitsAnswer(now)) {
        known->asked = makeTransactionId(tag_);
        known->askedSince = now;
        known->sent = 0;
    }
    ++known->sent;
    known->next = nextCheck(*known, now);
    return writeCheck(*known->asked, theirs_.ufrag + ':' + ours_.ufrag, theirs_.pwd,
                      into.first(std::min(into.size(), maxMessage)));
}

std::optional<Clock::time_point> IceLite::nextCheck(const Known& known, Clock::time_point now) const {
    if (known.path == selected_) return now + randomConsentInterval();
    if (known.nomination == 0 || known.sent > maxRetries) return std::nullopt;
    return now + firstRetry * (1U << (known.sent - 1));
}

} // namespace spillway::relay::port
