#include "daemon/reload.h"

#include "daemon/logging.h"
#include "relay/base/log.h"

#include <algorithm>
#include <tuple>

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

} // namespace

std::vector<std::string> keysNeedingRestart(const config::Settings& running, const config::Settings& next) {
    std::vector<std::string> keys;
    const auto compare = [&](const char* key, const auto& before, const auto& after) {
        if (!(before == after)) keys.emplace_back(key);
    };
    const auto tokens = [](const config::HttpSettings& http) {
        return std::tie(http.adminToken, http.publishToken, http.viewToken);
    };
    compare("http.listen", running.http.listen, next.http.listen);
    compare("http.tls", running.http.tls, next.http.tls);
    compare("http.tokens", tokens(running.http), tokens(next.http));
    compare("http.cors", running.http.cors, next.http.cors);
    compare("webrtc.listen", running.webrtc.listen, next.webrtc.listen);
    compare("webrtc.announce", running.webrtc.announce, next.webrtc.announce);
    compare("webrtc.ice_servers", running.webrtc.iceServers, next.webrtc.iceServers);
    compare("limits", running.limits, next.limits);
    compare("metrics", running.metrics, next.metrics);
    compare("log.format", running.log.format, next.log.format);
    return keys;
}

Reloader::Reloader(config::Settings settings, Load load, relay::Relay& relay, Calls& calls)
    : settings_(std::move(settings))
    , load_(std::move(load))
    , relay_(relay)
    , calls_(calls)
    , last_{true, std::chrono::system_clock::now(), {}} {}

void Reloader::reload() {
    const auto loaded = load_();
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        std::vector<std::string> texts;
        for (const auto& problem : *problems)
            texts.push_back(problem.text());
        return conclude(texts);
    }
    refused_.clear();
    apply(std::get<config::Settings>(loaded));
    conclude(refused_);
}

void Reloader::conclude(const std::vector<std::string>& problems) {
    last_ = {problems.empty(), std::chrono::system_clock::now(), problems.empty() ? "" : problems.front()};
    for (const auto& problem : problems)
        log::error("reload problem=\"{}\"", problem);
    if (problems.empty())
        log::info("configuration reloaded calls={} subscriptions={}", settings_.calls.size(),
                  settings_.subscriptions.size());
    else
        log::error("configuration not reloaded problems={}", problems.size());
}

void Reloader::apply(const config::Settings& next) {
    for (const auto& key : keysNeedingRestart(settings_, next))
        log::warn("this change needs a restart key={}", key);
    setLogLevel(next.log.level);
    settings_.log.level = next.log.level;
    settings_.shutdownTimeout = next.shutdownTimeout;
    applySubscriptions(next.subscriptions);
    applyCalls(next.calls);
}

void Reloader::applyCalls(const std::vector<config::CallSettings>& next) {
    for (const auto& name : namesMissing(settings_.calls, next))
        calls_.leave(name, {});
    for (const auto& call : next)
        attempt("call " + call.name, [&] { calls_.put(call); });
    settings_.calls = next;
}

void Reloader::applySubscriptions(const std::vector<config::SubscriptionSettings>& next) {
    for (const auto& name : namesMissing(settings_.subscriptions, next))
        relay_.removeSubscription(name);
    for (const auto& subscription : next)
        attempt("subscription " + subscription.name, [&] { put(subscription); });
    settings_.subscriptions = next;
}

/// One that cannot be made as it is written now goes on as it was.
void Reloader::put(const config::SubscriptionSettings& next) {
    const auto* running = relay_.findSubscription(next.name);
    if (running == nullptr) return relay_.addSubscription(next);
    if (*running == next) return;
    const config::SubscriptionSettings before = *running;
    relay_.removeSubscription(next.name);
    try {
        relay_.addSubscription(next);
    } catch (const relay::Refused&) {
        relay_.addSubscription(before);
        throw;
    }
}

void Reloader::attempt(const std::string& what, const std::function<void()>& change) {
    try {
        change();
    } catch (const std::exception& error) {
        refused_.push_back(what + ": " + error.what());
    }
}

} // namespace spillway::daemon
