#include "daemon/reload.h"

#include "daemon/logging.h"
#include "relay/base/log.h"

#include <algorithm>
#include <array>
#include <span>
#include <type_traits>

namespace spillway::daemon {

namespace {

template <class T>
bool names(const std::vector<T>& list, const std::string& name) {
    return std::any_of(list.begin(), list.end(), [&](const T& one) { return one.name == name; });
}

template <class T>
std::vector<std::string> namesMissing(const std::vector<T>& before, const std::vector<T>& after) {
    std::vector<std::string> missing;
    for (const T& one : before)
        if (!names(after, one.name)) missing.push_back(one.name);
    return missing;
}

/// Whether requests need tokens is said once, when the server begins to listen: keys neither bring that need
/// nor take it away.
bool renewsKeys(const config::HttpSettings& running, const config::HttpSettings& next) {
    return running.hasFixedTokens() || (running.hasTokens() && !next.signedTokens.keys.empty());
}

/// What changes while the daemon runs. Everything else is read at the start only.
void takeOver(config::Settings& running, const config::Settings& next) {
    running.shutdownTimeout = next.shutdownTimeout;
    // With TLS or without is said once, when the server begins to listen.
    if (running.http.tls && next.http.tls) running.http.tls = next.http.tls;
    running.http.api = next.http.api;
    if (renewsKeys(running.http, next.http)) running.http.signedTokens = next.http.signedTokens;
    running.log.level = next.log.level;
    running.calls = next.calls;
    running.subscriptions = next.subscriptions;
}

template <class Section>
struct Key {
    const char* name;
    bool (*same)(const Section&, const Section&);
};

template <auto... members, class Section>
bool same(const Section& before, const Section& after) {
    return ((before.*members == after.*members) && ...);
}

using config::HttpSettings;
using config::LogSettings;
using config::WebrtcSettings;

constexpr std::array httpKeys{
    Key<HttpSettings>{"listen", same<&HttpSettings::listen>},
    Key<HttpSettings>{"tls", same<&HttpSettings::tls>},
    Key<HttpSettings>{"tokens", same<&HttpSettings::adminToken, &HttpSettings::publishToken,
                                     &HttpSettings::viewToken, &HttpSettings::monitorToken>},
    Key<HttpSettings>{"signed_tokens", same<&HttpSettings::signedTokens>},
    Key<HttpSettings>{"cors", same<&HttpSettings::cors>},
    Key<HttpSettings>{"trusted_proxies", same<&HttpSettings::trustedProxies>},
};
constexpr std::array webrtcKeys{
    Key<WebrtcSettings>{"listen", same<&WebrtcSettings::listen>},
    Key<WebrtcSettings>{"listen_tcp", same<&WebrtcSettings::listenTcp>},
    Key<WebrtcSettings>{"announce", same<&WebrtcSettings::announce>},
    Key<WebrtcSettings>{"announce_local", same<&WebrtcSettings::announceLocal>},
    Key<WebrtcSettings>{"publishers", same<&WebrtcSettings::publishers>},
    Key<WebrtcSettings>{"port_range", same<&WebrtcSettings::portRange>},
    Key<WebrtcSettings>{"ice_servers", same<&WebrtcSettings::iceServers>},
};
constexpr std::array logKeys{
    Key<LogSettings>{"level", same<&LogSettings::level>},
    Key<LogSettings>{"format", same<&LogSettings::format>},
};

/// Collects what differs, by key. A section without keys, or with a difference in none of them, goes by its
/// own name.
class Differences {
  public:
    template <class Section>
    void compare(const std::string& name, const Section& before, const Section& after,
                 std::span<const std::type_identity_t<Key<Section>>> keys = {}) {
        if (before == after) return;
        const std::size_t known = names_.size();
        for (const Key<Section>& key : keys)
            if (!key.same(before, after)) names_.push_back(name + "." + key.name);
        if (names_.size() == known) names_.push_back(name);
    }

    std::vector<std::string> take() { return std::move(names_); }

  private:
    std::vector<std::string> names_;
};

} // namespace

std::vector<std::string> keysNeedingRestart(const config::Settings& running, const config::Settings& next) {
    config::Settings reloaded = running;
    takeOver(reloaded, next);
    // Binds every member, so that a new section does not compile until it is bound here and compared below.
    const auto& [http, webrtc, limits, metrics, shutdownTimeout, log, calls, subscriptions] = reloaded;
    Differences differences;
    differences.compare("http", http, next.http, httpKeys);
    differences.compare("webrtc", webrtc, next.webrtc, webrtcKeys);
    differences.compare("limits", limits, next.limits);
    differences.compare("metrics", metrics, next.metrics);
    differences.compare("shutdown_timeout", shutdownTimeout, next.shutdownTimeout);
    differences.compare("log", log, next.log, logKeys);
    differences.compare("calls", calls, next.calls);
    differences.compare("subscriptions", subscriptions, next.subscriptions);
    return differences.take();
}

Reloader::Reloader(config::Settings settings, Load load, relay::Relay& relay, Calls& calls,
                   HttpRenewal httpRenewal)
    : settings_(std::move(settings))
    , load_(std::move(load))
    , relay_(relay)
    , calls_(calls)
    , httpRenewal_(std::move(httpRenewal))
    , last_{true, true, std::chrono::system_clock::now(), {}} {}

void Reloader::reload() {
    const auto loaded = load_();
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        std::vector<std::string> texts;
        for (const auto& problem : *problems)
            texts.push_back(problem.text());
        return conclude(texts, false);
    }
    refused_.clear();
    apply(std::get<config::Settings>(loaded));
    conclude(refused_, true);
}

/// A mistake in the file changes nothing; what the relay refuses leaves the rest in force.
const char* Reloader::outcome() const {
    if (last_.successful) return "configuration reloaded";
    return last_.applied ? "configuration reloaded in part" : "configuration not reloaded";
}

void Reloader::conclude(const std::vector<std::string>& problems, bool applied) {
    last_ = {problems.empty(), applied, std::chrono::system_clock::now(),
             problems.empty() ? "" : problems.front()};
    for (const auto& problem : problems)
        log::error("reload problem=\"{}\"", problem);
    if (problems.empty())
        log::info("{} calls={} subscriptions={}", outcome(), settings_.calls.size(),
                  settings_.subscriptions.size());
    else
        log::error("{} problems={}", outcome(), problems.size());
}

void Reloader::apply(const config::Settings& next) {
    for (const auto& key : keysNeedingRestart(settings_, next))
        log::warn("changed setting needs a restart key={}", key);
    setLogLevel(next.log.level);
    if (settings_.http.tls && next.http.tls && httpRenewal_.serveTls)
        attempt("http.tls", [&] { httpRenewal_.serveTls(*next.http.tls); });
    if (renewsKeys(settings_.http, next.http) && httpRenewal_.renewKeys)
        httpRenewal_.renewKeys(next.http.signedTokens);
    applySubscriptions(next.subscriptions);
    applyCalls(next.calls);
    takeOver(settings_, next);
}

void Reloader::applyCalls(const std::vector<config::CallSettings>& next) {
    for (const auto& name : namesMissing(settings_.calls, next))
        calls_.leave(name, {});
    for (const auto& call : next)
        attempt("call " + call.name, [&] { calls_.put(call); });
}

void Reloader::applySubscriptions(const std::vector<config::SubscriptionSettings>& next) {
    for (const auto& name : namesMissing(settings_.subscriptions, next))
        relay_.removeSubscription(name);
    for (const auto& subscription : next)
        attempt("subscription " + subscription.name, [&] { put(subscription); });
}

void Reloader::put(const config::SubscriptionSettings& next) {
    const auto* running = relay_.findSubscription(next.name);
    if (running == nullptr || *running != next) relay_.putSubscription(next);
}

void Reloader::attempt(const std::string& what, const std::function<void()>& change) {
    try {
        change();
    } catch (const std::exception& error) {
        refused_.push_back(what + ": " + error.what());
    }
}

} // namespace spillway::daemon
