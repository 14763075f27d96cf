// The settings in force, and how they change while the daemon runs.
//
// Comes in: the configuration, loaded again. Goes out: calls and subscriptions added, removed and changed, by
// name. Unchanged ones are not touched, nor are those made through the API; a configuration with a problem
// changes nothing. Owner: App. Loop thread.
#pragma once

#include "config/loader.h"
#include "daemon/calls.h"
#include "relay/relay.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace spillway::daemon {

class Reloader {
  public:
    using Load = std::function<config::Loaded<config::Settings>()>;

    struct Last {
        bool successful = true;
        std::chrono::system_clock::time_point when; ///< of the last reload, or of the start
        std::string problem;                        ///< the first one; empty when successful
    };

    /// Serves a certificate, which may be the same files with new contents. Throws std::runtime_error.
    using ServeTls = std::function<void(const config::TlsSettings&)>;

    /// `settings` must be those the relay was made with.
    Reloader(config::Settings settings, Load load, relay::Relay& relay, Calls& calls, ServeTls serveTls = {});

    void reload();
    const Last& last() const { return last_; }
    /// Settings that need a restart keep the values they had at the start.
    const config::Settings& settings() const { return settings_; }

  private:
    void apply(const config::Settings& next);
    void applyCalls(const std::vector<config::CallSettings>& next);
    void applySubscriptions(const std::vector<config::SubscriptionSettings>& next);
    void put(const config::SubscriptionSettings& next);
    void attempt(const std::string& what, const std::function<void()>& change);
    void conclude(const std::vector<std::string>& problems);

    config::Settings settings_;
    Load load_;
    relay::Relay& relay_;
    Calls& calls_;
    ServeTls serveTls_;
    Last last_;
    std::vector<std::string> refused_; ///< what the relay refused in this reload
};

/// The keys that differ and take effect only at a restart: all but those that reload.cpp lists in takeOver().
std::vector<std::string> keysNeedingRestart(const config::Settings& running, const config::Settings& next);

} // namespace spillway::daemon
