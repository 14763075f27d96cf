#include "relay/outputs/subscription.h"

#include "relay/base/log.h"

#include <fmt/core.h>

namespace spillway::relay {

namespace {

/// A disk that spins up or a server that reboots for a moment takes less; its queues hold 5 s.
constexpr std::chrono::seconds stuckLimit{5};

/// Counts as open from constructor to destructor; what runs on the output loop holds it until it has ended.
struct OpenOutput {
    explicit OpenOutput(std::shared_ptr<std::atomic<int>> counter)
        : count(std::move(counter)) {
        ++*count;
    }
    OpenOutput(const OpenOutput&) = delete;
    OpenOutput& operator=(const OpenOutput&) = delete;
    ~OpenOutput() { --*count; }

    std::shared_ptr<std::atomic<int>> count;
};

} // namespace

Subscription::Subscription(Context& context, config::SubscriptionSettings settings)
    : context_(context)
    , settings_(std::move(settings))
    , group_(makeOutputGroup(settings_)) {}

bool Subscription::wants(const TrackName& track) const {
    return settings_.tracks.matches(track.call, track.participant, track.source);
}

QueueBounds Subscription::boundsFor(MediaKind kind) const {
    QueueBounds bounds = group_->defaultBounds(kind);
    const auto& wish = settings_.queue;
    bounds.buffers = wish.buffers.value_or(bounds.buffers);
    bounds.bytes = wish.bytes.value_or(bounds.bytes);
    bounds.time = wish.time.value_or(bounds.time);
    bounds.policy = wish.policy.value_or(bounds.policy);
    return bounds;
}

std::uint64_t Subscription::memoryFor(MediaKind kind) const {
    return boundsFor(kind).bytes + group_->heldBytes(kind);
}

std::optional<Refused> Subscription::problem() {
    auto problem = group_->problem();
    if (!problem && context_.loops.isStuck(group_->loopKey(), stuckLimit))
        problem.emplace(Refused::Kind::limit,
                        fmt::format("{}: the file system does not answer", group_->target()));
    note(problem ? problem->what() : "");
    if (!problem) startChore();
    return problem;
}

void Subscription::note(const std::string& problem) {
    if (problem == problem_) return;
    problem_ = problem;
    if (problem.empty())
        log::info("subscription can serve again subscriber={}", settings_.name);
    else
        log::warn("subscription cannot serve subscriber={} problem=\"{}\"", settings_.name, problem);
}

void Subscription::watchDrops(Clock::time_point now) {
    for (auto& [track, serving] : subscribers_) {
        const auto change = serving.subscriber->watchDrops(now);
        if (!change) continue;
        if (change->drops)
            log::warn("queue drops frames subscriber={} track={} {}", settings_.name, track.text(),
                      change->lost);
        else
            log::info("queue no longer drops frames subscriber={} track={} {}", settings_.name, track.text(),
                      change->lost);
        report(track, change->drops ? "dropping" : "flowing", change->lost);
    }
}

void Subscription::startChore() {
    if (std::exchange(choreStarted_, true)) return;
    auto chore = group_->chore();
    if (!chore) return;
    // At most one is queued, so that a disk that hangs gathers none.
    const auto queued = std::make_shared<std::atomic<bool>>(false);
    chore_ = context_.loop.every(chore->period, [this, work = std::move(chore->work), queued] {
        if (queued->exchange(true)) return;
        const auto open = std::make_shared<OpenOutput>(context_.openOutputs);
        const auto job = [work, queued, open] {
            work();
            *queued = false;
        };
        try {
            context_.loops.of(group_->loopKey()).post(job);
        } catch (const std::exception& error) {
            *queued = false;
            log::error("cannot look after recordings subscriber={} error=\"{}\"", settings_.name,
                       error.what());
        }
    });
}

void Subscription::offer(Track& track) {
    const auto& name = track.name();
    if (!wants(name) || subscribers_.contains(name) || ended_.contains(name)) return;
    try {
        take(track);
        refused_.erase(name);
    } catch (const std::exception& error) {
        refuse(name, error.what());
    }
}

void Subscription::take(Track& track) {
    if (const auto wrong = problem()) throw *wrong;
    const auto bounds = boundsFor(track.kind());
    const char* output = config::outputName(settings_.output);
    Subscriber::Request request{*group_, context_.loops, context_.metrics(output), bounds,
                                context_.budget.reserve(memoryFor(track.kind()))};
    const auto serial = ++lastSerial_;
    auto closed = lifetime_.guard(
        [this, name = track.name(), serial](EndReason reason) { onClosed(name, serial, reason); });
    const auto open = std::make_shared<OpenOutput>(context_.openOutputs);
    subscribers_[track.name()] = {
        serial, track.kind(),
        Subscriber::start(track, std::move(request),
                          [open, closed](EndReason reason) mutable { closed(reason); })};
    log::info("subscriber attached subscriber={} track={} output={}", settings_.name, track.name().text(),
              output);
    report(track.name(), "attached", "");
}

void Subscription::refuse(const TrackName& track, const std::string& reason) {
    auto& known = refused_[track];
    if (known == reason) return;
    known = reason;
    log::warn("subscriber refused subscriber={} track={} reason=\"{}\"", settings_.name, track.text(),
              reason);
    report(track, "refused", reason);
}

void Subscription::report(const TrackName& track, const char* state, const std::string& detail) const {
    context_.happened({Event::Subject::subscriber, track.call, track.text(), settings_.name, state, detail});
}

void Subscription::reportDetached(const TrackName& track, EndReason reason) const {
    log::info("subscriber detached subscriber={} track={} reason=\"{}\"", settings_.name, track.text(),
              endReasonName(reason));
    report(track, "detached", endReasonName(reason));
}

void Subscription::trackEnds(const TrackName& track) {
    refused_.erase(track);
    ended_.erase(track);
    const auto found = subscribers_.find(track);
    if (found == subscribers_.end()) return;
    found->second.subscriber->end(EndReason::trackEnded);
    subscribers_.erase(found);
    reportDetached(track, EndReason::trackEnded);
}

std::set<TrackName> Subscription::served() const {
    std::set<TrackName> served;
    for (const auto& [name, serving] : subscribers_)
        served.insert(name);
    return served;
}

QueueBudget::Amount Subscription::needsFor(const Subscription& other) const {
    QueueBudget::Amount needs;
    for (const auto& [name, serving] : other.subscribers_)
        if (wants(name)) needs += {memoryFor(serving.kind), 1};
    return needs;
}

void Subscription::giveWay() {
    for (auto& [name, serving] : subscribers_)
        serving.subscriber->giveWay();
}

void Subscription::end(EndReason reason) {
    for (auto& [name, serving] : subscribers_) {
        serving.subscriber->end(reason);
        reportDetached(name, reason);
    }
    subscribers_.clear();
    refused_.clear();
}

/// By itself, or late after we ended it: then it is no longer known.
void Subscription::onClosed(const TrackName& track, std::uint64_t serial, EndReason reason) {
    const auto found = subscribers_.find(track);
    if (found == subscribers_.end() || found->second.serial != serial) return;
    found->second.subscriber->end(reason);
    subscribers_.erase(found);
    ended_[track] = endReasonName(reason);
    log::warn("subscriber ended subscriber={} track={} reason=\"{}\"", settings_.name, track.text(),
              endReasonName(reason));
    report(track, "ended", endReasonName(reason));
}

SubscriptionSnapshot Subscription::snapshot() const {
    SubscriptionSnapshot snapshot{settings_.name, settings_.tracks.text(), settings_.output, {}, {}};
    for (const auto& [name, serving] : subscribers_)
        snapshot.subscribers.push_back(serving.subscriber->snapshot());
    for (const auto* reasons : {&refused_, &ended_})
        for (const auto& [name, reason] : *reasons)
            snapshot.refused[name.text()] = reason;
    snapshot.problem = problem_;
    snapshot.queue = settings_.queue;
    return snapshot;
}

} // namespace spillway::relay
