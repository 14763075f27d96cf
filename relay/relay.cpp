#include "relay/relay.h"

#include "relay/base/log.h"
#include "relay/base/pending.h"
#include "relay/call/live_call.h"
#include "relay/gst/batch.h"
#include "relay/gst/element.h"
#include "relay/ingest/choice.h"
#include "relay/ingest/ingest.h"
#include "relay/outputs/subscription.h"
#include "relay/outputs/webrtc/egress.h"
#include "relay/peer/decryption.h"
#include "relay/port/media_port.h"
#include "relay/srtp/libsrtp.h"

#include <cassert>
#include <gst/gst.h>
#include <nice/nice-version.h>
#include <set>

namespace spillway::relay {

namespace {

/// Each has a webrtcbin already; fifty may come at once from behind one address.
constexpr Pending::Limits mayWaitToPublish{96, 64};
constexpr std::chrono::seconds retryPeriod{2};
constexpr std::chrono::milliseconds closePollPeriod{10};

void initialiseGstreamer() {
    GError* error = nullptr;
    if (gst_init_check(nullptr, nullptr, &error)) return;
    const std::string reason = error ? error->message : "unknown";
    g_clear_error(&error);
    throw std::runtime_error("cannot start GStreamer: " + reason);
}

/// Elements without which no call works: better missing at start than at the first publisher.
void requireElements() {
    for (const char* factory : {"webrtcbin", "nicesrc", "dtlssrtpdec", "srtpdec", "rtpbin", "tee", "appsink",
                                "rtpvp8depay", "rtph264depay", "h264parse", "rtpopusdepay", "matroskamux"})
        gst::makeElement(factory);
}

bool isOver(const std::optional<Clock::time_point>& since, Clock::duration limit) {
    return since && Clock::now() - *since > limit;
}

} // namespace

struct Relay::Impl {
    Impl(Loop& mainLoop, const config::LimitSettings& limitSettings, config::WebrtcSettings webrtcSettings)
        : loop(mainLoop)
        , limits(limitSettings)
        , webrtc(std::move(webrtcSettings))
        , budget(limits)
        , loops(loop)
        , context{loop,
                  budget,
                  loops,
                  [this](const std::string& output) -> OutputMetrics& { return metrics[output]; },
                  std::make_shared<std::atomic<int>>(0),
                  [this](const Event& event) { report(event); }}
        , port(webrtc)
        , tcpMemory(reserveTcp())
        , publisherIce(ingest::chooseIce(webrtc, port.reachable()))
        , ingest(publisherIce.lite ? std::make_unique<ingest::Ingest>(port) : nullptr)
        , egress({loop, port, budget, metrics["webrtc"], context.happened,
                  [this](const std::string& call, const std::string& participant, MediaKind kind) {
                      return calls.contains(call) && calls.at(call)->isComing(participant, kind);
                  }})
        , retry(loop.every(retryPeriod, [this] {
            applyChanges();
            for (auto& [name, subscription] : subscriptions) {
                if (!subscription->problem() && subscription->hasRefused()) offerTracks(*subscription);
                subscription->watchDrops(Clock::now());
            }
        })) {
        if (const auto& batch = gst::batchScheduling(); batch.allowed)
            log::info("GStreamer's threads run SCHED_BATCH");
        else
            log::warn("GStreamer's threads cannot run SCHED_BATCH, and wake up more often error=\"{}\"",
                      batch.why);
        port.followNames(loop);
        log::info("publishers ice={} reason=\"{}\"", publisherIce.word(), publisherIce.why);
    }

    ~Impl() {
        // Subscribers first, so that each leaves its track for this reason and not because the track ends.
        for (auto& [name, subscription] : subscriptions)
            subscription->end(EndReason::shutdown);
        subscriptions.clear();
        egress.endAll();
        calls.clear();
        // It passes datagrams to the viewers' workers.
        if (ingest) ingest->stop();
    }

    QueueBudget::Reservation reserveTcp() {
        if (!port.tcp()) return {};
        try {
            return budget.reserve(port::TcpPort::bytes, 0);
        } catch (const Refused& refused) {
            throw std::runtime_error(std::string("webrtc.listen_tcp: ") + refused.what());
        }
    }

    /// Those of `first` before the others: there may not be room for all.
    void offerTracks(Subscription& subscription, const std::set<TrackName>& first = {}) {
        for (const bool others : {false, true})
            for (auto& [name, call] : calls)
                call->forEachTrack([&](Track& track) {
                    if (others || first.contains(track.name())) subscription.offer(track);
                });
    }

    /// With its first look, which finds what can never work. Throws Refused.
    std::unique_ptr<Subscription> makeSubscription(const config::SubscriptionSettings& settings,
                                                   Unusable unusable) {
        std::unique_ptr<Subscription> subscription;
        try {
            subscription = std::make_unique<Subscription>(context, settings);
        } catch (const std::exception& error) {
            throw Refused(Refused::Kind::invalid, error.what());
        }
        const auto problem = subscription->problem();
        if (problem && problem->kind() == Refused::Kind::invalid && unusable == Unusable::refuse)
            throw *problem;
        return subscription;
    }

    /// In the place of the one of its name, if there is one.
    void begin(std::unique_ptr<Subscription> subscription) {
        const auto settings = subscription->settings();
        const auto before = subscriptions.extract(settings.name);
        std::set<TrackName> served;
        if (before) {
            served = before.mapped()->served();
            before.mapped()->giveWay();
            before.mapped()->end(EndReason::unsubscribed);
        }
        offerTracks(*subscription, served);
        subscriptions[settings.name] = std::move(subscription);
        log::info("subscription {} subscriber={} tracks={} output={}", before ? "changed" : "added",
                  settings.name, settings.tracks.text(), config::outputName(settings.output));
    }

    /// Whether it can serve every track at once that the one of its name serves and it wants.
    bool mayReplace(Subscription& next) {
        if (next.problem()) return false;
        const Subscription& before = *subscriptions.at(next.settings().name);
        return budget.mayGiveWay(before.needsFor(before), next.needsFor(before));
    }

    /// Those whose directory has answered, and for which there is memory.
    void applyChanges() {
        for (auto change = changes.begin(); change != changes.end();) {
            const bool waits = !mayReplace(*change->second);
            if (!waits) begin(std::move(change->second));
            change = waits ? std::next(change) : changes.erase(change);
        }
    }

    void report(const Event& event) const {
        if (onEvent) onEvent(event);
    }

    LiveCall::Events callEvents() {
        return {[this](Track& track) {
                    for (auto& [name, subscription] : subscriptions)
                        subscription->offer(track);
                    egress.trackAdded(track);
                },
                [this](Track& track) {
                    for (auto& [name, subscription] : subscriptions)
                        subscription->trackEnds(track.name());
                    egress.trackEnds(track.name());
                },
                [this](const Event& event) { report(event); }};
    }

    Loop& loop;
    OnEvent onEvent;
    const config::LimitSettings limits;
    const config::WebrtcSettings webrtc;
    std::map<std::string, OutputMetrics> metrics;
    QueueBudget budget;
    OutputLoops loops;
    Subscription::Context context;
    port::MediaPort port;
    const QueueBudget::Reservation tcpMemory;
    const PublisherIceChoice publisherIce;
    std::unique_ptr<ingest::Ingest> ingest;
    webrtc::Egress egress;
    Pending publishersWaiting{mayWaitToPublish};
    std::map<std::string, std::unique_ptr<LiveCall>> calls;
    std::map<std::string, std::unique_ptr<Subscription>> subscriptions;
    /// What takes the place of the subscription of that name once it can serve.
    std::map<std::string, std::unique_ptr<Subscription>> changes;
    Timer retry;
    Timer closing;
    bool closed = false;
};

Relay::Relay(Loop& loop, config::LimitSettings limits, config::WebrtcSettings webrtc) {
    initialiseGstreamer();
    requireElements();
    srtp::LibsrtpSession::startLibrary();
    impl_ = std::make_unique<Impl>(loop, limits, std::move(webrtc));
}

Relay::~Relay() = default;

Call& Relay::addCall(const config::CallSettings& settings) {
    assert(impl_->loop.onLoop());
    if (impl_->closed) throw Refused(Refused::Kind::limit, "the daemon is stopping");
    if (impl_->calls.contains(settings.name))
        throw Refused(Refused::Kind::duplicate, "a call named " + settings.name + " already exists");
    if (impl_->calls.size() >= impl_->limits.calls)
        throw Refused(Refused::Kind::limit, "limits.calls is reached");
    const LiveCall::Shared shared{impl_->loop, impl_->webrtc, impl_->ingest.get(), impl_->publishersWaiting,
                                  impl_->limits.tracksPerCall};
    auto call = std::make_unique<LiveCall>(shared, settings, impl_->callEvents());
    return *impl_->calls.emplace(settings.name, std::move(call)).first->second;
}

bool Relay::removeCall(const std::string& name) {
    assert(impl_->loop.onLoop());
    if (impl_->calls.erase(name) == 0) return false;
    impl_->egress.callEnds(name);
    return true;
}

Call* Relay::findCall(const std::string& name) {
    assert(impl_->loop.onLoop());
    const auto found = impl_->calls.find(name);
    return found == impl_->calls.end() ? nullptr : found->second.get();
}

void Relay::addSubscription(const config::SubscriptionSettings& settings, Unusable unusable) {
    assert(impl_->loop.onLoop());
    if (impl_->closed) throw Refused(Refused::Kind::limit, "the daemon is stopping");
    if (impl_->subscriptions.contains(settings.name))
        throw Refused(Refused::Kind::duplicate, "a subscription named " + settings.name + " already exists");
    auto subscription = impl_->makeSubscription(settings, unusable);
    // One queue of it must fit, or it would serve nothing.
    impl_->budget.requireFits(subscription->memoryFor(MediaKind::video));
    impl_->begin(std::move(subscription));
}

void Relay::putSubscription(const config::SubscriptionSettings& settings) {
    assert(impl_->loop.onLoop());
    if (impl_->closed) throw Refused(Refused::Kind::limit, "the daemon is stopping");
    const auto running = impl_->subscriptions.find(settings.name);
    const bool isNew = running == impl_->subscriptions.end();
    if (!isNew && running->second->settings() == settings) {
        impl_->changes.erase(settings.name);
        return;
    }
    auto next = impl_->makeSubscription(settings, Unusable::refuse);
    impl_->budget.requireEverFits(next->memoryFor(MediaKind::video));
    if (!isNew) {
        const Subscription& before = *running->second;
        impl_->budget.requireFitsInPlace(before.needsFor(before), next->needsFor(before));
    }
    impl_->changes.erase(settings.name);
    if (isNew || impl_->mayReplace(*next)) return impl_->begin(std::move(next));
    log::info("subscription goes on unchanged for now subscriber={}", settings.name);
    impl_->changes.emplace(settings.name, std::move(next));
}

bool Relay::removeSubscription(const std::string& name) {
    assert(impl_->loop.onLoop());
    impl_->changes.erase(name);
    const auto found = impl_->subscriptions.find(name);
    if (found == impl_->subscriptions.end()) return false;
    found->second->end(EndReason::unsubscribed);
    impl_->subscriptions.erase(found);
    log::info("subscription removed subscriber={}", name);
    return true;
}

const config::SubscriptionSettings* Relay::findSubscription(const std::string& name) const {
    assert(impl_->loop.onLoop());
    for (const auto* known : {&impl_->changes, &impl_->subscriptions})
        if (const auto found = known->find(name); found != known->end()) return &found->second->settings();
    return nullptr;
}

ViewAnswer Relay::view(const ViewRequest& request, std::function<void(const std::string& reason)> onEnded) {
    assert(impl_->loop.onLoop());
    if (impl_->closed) throw ViewRefused(ViewRefused::Kind::limit, "the daemon is stopping");
    return impl_->egress.view(request, std::move(onEnded));
}

bool Relay::endViewer(ViewerId viewer) {
    assert(impl_->loop.onLoop());
    return impl_->egress.end(viewer);
}

void Relay::onEvent(OnEvent onEvent) {
    assert(impl_->loop.onLoop());
    impl_->onEvent = std::move(onEvent);
}

Snapshot Relay::snapshot() const {
    assert(impl_->loop.onLoop());
    Snapshot snapshot;
    for (const auto& [name, call] : impl_->calls) {
        snapshot.calls.push_back(call->snapshot());
        call->addTracks(snapshot);
    }
    for (const auto& [name, subscription] : impl_->subscriptions)
        snapshot.subscriptions.push_back(subscription->snapshot());
    impl_->egress.addTo(snapshot);
    snapshot.publisherIce = impl_->publisherIce;
    snapshot.rejectedPackets = rejectedPackets();
    snapshot.batchScheduling = gst::batchScheduling().allowed;
    if (impl_->ingest) snapshot.socketDrops["publishers"] = impl_->ingest->drops();
    if (const auto* tcp = impl_->port.tcp()) snapshot.tcp = tcp->snapshot();
    for (const auto& [output, metrics] : impl_->metrics)
        snapshot.outputs[output] = {metrics.depth.read(), metrics.latency.read(),
                                    metrics.firstKeyframe.read()};
    snapshot.queueMemory = impl_->budget.usedBytes();
    snapshot.queueMemoryLimit = impl_->budget.limitBytes();
    return snapshot;
}

std::optional<std::string> Relay::stuck(std::chrono::milliseconds limit) {
    assert(impl_->loop.onLoop());
    std::optional<std::string> stuck;
    for (auto& [name, call] : impl_->calls)
        call->forEachTrack([&](Track& track) {
            if (isOver(track.stuckSince(), limit))
                stuck = "track " + track.name().text() + " does not progress";
        });
    if (impl_->ingest && isOver(impl_->ingest->busySince(), limit))
        stuck = "the thread of the publishers does not progress";
    if (const auto* tcp = impl_->port.tcp(); tcp && isOver(tcp->busySince(), limit))
        stuck = "the thread of TCP connections does not progress";
    if (impl_->egress.isStuck(limit)) stuck = "a worker of the viewers does not progress";
    return stuck;
}

void Relay::close(std::function<void()> onClosed) {
    assert(impl_->loop.onLoop());
    impl_->closed = true;
    impl_->retry.cancel();
    for (auto& [name, subscription] : impl_->subscriptions)
        subscription->end(EndReason::shutdown);
    impl_->subscriptions.clear();
    impl_->changes.clear();
    impl_->egress.endAll();
    impl_->calls.clear();
    impl_->closing = impl_->loop.every(closePollPeriod, [this, onClosed = std::move(onClosed)] {
        if (impl_->context.openOutputs->load() > 0) return;
        // The timer owns this function: it must outlive the call.
        const auto done = onClosed;
        impl_->closing.cancel();
        done();
    });
}

std::string Relay::gstreamerVersion() {
    guint major = 0, minor = 0, micro = 0, nano = 0;
    gst_version(&major, &minor, &micro, &nano);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
}

std::string Relay::niceVersion() {
    return std::to_string(NICE_VERSION_MAJOR) + "." + std::to_string(NICE_VERSION_MINOR) + "." +
           std::to_string(NICE_VERSION_MICRO);
}

} // namespace spillway::relay
