#include "daemon/app.h"

#include "daemon/signalling/presence.h"
#include "daemon/version.h"
#include "relay/base/log.h"

#include <algorithm>
#include <csignal>

namespace spillway::daemon {

namespace {

constexpr std::chrono::seconds statusPeriod{10};
/// A push takes microseconds; one that lasts this long never returns.
constexpr std::chrono::seconds stuckLimit{10};
/// Of the time that a stop may take, what leaving the calls may; the rest is for closing recordings.
constexpr int leavePart = 2;

http::StatusFacts factsOf(const config::Settings& settings) {
    return {version(), relay::Relay::gstreamerVersion(), relay::Relay::niceVersion(),
            std::chrono::system_clock::now(), settings.limits};
}

std::vector<std::string> openOutputs(const relay::Snapshot& snapshot) {
    std::vector<std::string> outputs;
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& subscriber : subscription.subscribers)
            outputs.push_back("subscriber=" + subscription.name + " track=" + subscriber.track.text() +
                              " target=" + subscriber.status.target);
    return outputs;
}

} // namespace

App::App(relay::Loop& loop, const config::Settings& settings, Reloader::Load load)
    : loop_(loop)
    , facts_(factsOf(settings))
    , relay_(loop, settings.limits, settings.webrtc)
    , whip_(loop, settings.webrtc.iceServers)
    , whep_(loop,
            {[this](const auto& request, auto onEnded) { return relay_.view(request, std::move(onEnded)); },
             [this](relay::ViewerId viewer) { return relay_.endViewer(viewer); }},
            settings.webrtc.iceServers)
    , calls_(loop, relay_,
             [this](relay::Call& call) {
                 return makePresence({loop_, whip_}, call);
             })
    , reloader_(settings, std::move(load), relay_, calls_,
                {[this](const config::TlsSettings& tls) { server_.renewCertificate(tls); },
                 [this](const auto& signedTokens) { server_.signedTokens().renew(signedTokens); }})
    , collector_({[this] { return relay_.snapshot(); },
                  [this] {
                      return metrics::Reload{reloader_.last().successful, reloader_.last().when};
                  }},
                 counts_, {facts_.version, facts_.gstreamer}, settings.metrics.maxSeries)
    , server_(loop, settings.http, router_, counts_)
    , systemd_(loop) {
    log::info("starting version={} gstreamer={} nice={}", facts_.version, facts_.gstreamer, facts_.nice);
    log::info("queue memory worst_case_bytes={} subscribers={}", settings.limits.queueMemory,
              settings.limits.subscribers);
    relay_.onEvent([this](const relay::Event& event) { events_.add(event); });
    addRoutes();
    server_.listen();
    addSubscriptions();
    addCalls();
    signals_.emplace_back(SIGTERM, [this] { stop(); });
    signals_.emplace_back(SIGINT, [this] { stop(); });
    signals_.emplace_back(SIGHUP, [this] { reload(); });
}

App::~App() = default;

void App::addRoutes() {
    const http::SnapshotSource snapshot = [this] { return relay_.snapshot(); };
    http::addPage(router_, snapshot, facts_);
    http::addMetrics(router_, [this] { return collector_.text(); });
    http::addHealth(router_, {[this] { return stuck(); }, [this] { return unready(); }, snapshot});
    http::addOpenapi(router_);
    http::addStatus(router_, snapshot, facts_);
    const http::ApiSource api = [this] { return reloader_.settings().http.api; };
    http::addCalls(router_, snapshot,
                   {[this](const auto& settings) { calls_.add(settings); },
                    [this](const auto& name, auto onLeft) { return calls_.leave(name, std::move(onLeft)); },
                    api});
    http::addTracks(router_, snapshot);
    http::addSubscriptions(router_, snapshot,
                           {[this](const auto& settings) { relay_.addSubscription(settings); },
                            [this](const auto& name) { return relay_.removeSubscription(name); }, api});
    http::addEvents(router_, loop_, events_);
    http::addTokens(router_, server_.signedTokens());
    whip_.addRoutes(router_);
    whep_.addRoutes(router_);
    http::addWatch(router_);
}

void App::addCalls() {
    for (const auto& call : reloader_.settings().calls)
        calls_.add(call);
}

void App::addSubscriptions() {
    for (const auto& subscription : reloader_.settings().subscriptions) {
        try {
            relay_.addSubscription(subscription, relay::Relay::Unusable::keepTrying);
        } catch (const relay::Refused& refused) {
            throw relay::Refused(refused.kind(), "subscription " + subscription.name + ": " + refused.what());
        }
    }
}

ExitCode App::run() {
    onReady();
    loop_.run();
    return code_;
}

void App::onReady() {
    state_ = State::running;
    systemd_.ready();
    systemd_.watch([this] { return !stuck(); });
    tellStatus();
    statusTimer_ = loop_.every(statusPeriod, [this] { tellStatus(); });
    log::info("ready calls={} subscriptions={}", reloader_.settings().calls.size(),
              reloader_.settings().subscriptions.size());
}

void App::reload() {
    if (state_ != State::running) return log::warn("reload ignored: the daemon is stopping");
    log::info("reloading the configuration");
    reloader_.reload();
    tellStatus();
}

void App::stop() {
    if (state_ == State::ended) return;
    if (state_ == State::stopping) {
        log::warn("told to stop again: exiting at once");
        return end(exitFailure);
    }
    state_ = State::stopping;
    const auto timeout = reloader_.settings().shutdownTimeout;
    log::info("stopping timeout_ms={}", timeout.count());
    systemd_.stopping();
    statusTimer_.cancel();
    shutdownTimer_ = loop_.after(timeout, [this] { onShutdownTimeout(); });
    closing_ = openOutputs(relay_.snapshot());
    server_.stopListening();
    calls_.leaveAll(std::min(Calls::leaveTime, timeout / leavePart), [this] { onCallsLeft(); });
}

void App::onCallsLeft() {
    relay_.close([this] { onClosed(); });
}

void App::onClosed() {
    log::info("stopped");
    end(exitOk);
}

void App::onShutdownTimeout() {
    log::error("shutdown_timeout expired before all outputs closed");
    for (const auto& output : closing_)
        log::error("output was open when stopping began {}", output);
    end(exitFailure);
}

void App::end(ExitCode code) {
    state_ = State::ended;
    code_ = code;
    shutdownTimer_.cancel();
    loop_.quit();
}

void App::tellStatus() {
    const auto snapshot = relay_.snapshot();
    std::size_t subscribers = 0;
    std::size_t unserved = 0;
    for (const auto& subscription : snapshot.subscriptions) {
        subscribers += subscription.subscribers.size();
        if (!subscription.problem.empty()) ++unserved;
    }
    const auto& last = reloader_.last();
    const std::string outcome =
        last.applied ? "Configuration reloaded in part: " : "Configuration not reloaded: ";
    systemd_.status((last.successful ? "" : outcome + last.problem + "; ") +
                    std::to_string(snapshot.calls.size()) + " calls, " +
                    std::to_string(snapshot.tracks.size()) + " tracks, " + std::to_string(subscribers) +
                    " subscribers" +
                    (unserved == 0 ? "" : "; " + std::to_string(unserved) + " subscriptions cannot serve"));
}

std::optional<std::string> App::unready() const {
    if (state_ == State::starting) return "starting";
    if (state_ != State::running) return "stopping";
    return std::nullopt;
}

std::optional<std::string> App::stuck() {
    return relay_.stuck(stuckLimit);
}

} // namespace spillway::daemon
