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

/// What the HTTP server renews. Where one is empty, that stays as it is.
struct HttpRenewal {
    /// Serves a certificate, which may be the same files with new contents. Throws std::runtime_error.
    std::function<void(const config::TlsSettings&)> serveTls = {};
    std::function<void(const config::SignedTokenSettings&)> renewKeys = {};
};

class Reloader {
  public:
    using Load = std::function<config::Loaded<config::Settings>()>;

    struct Last {
        bool successful = true;
        bool applied = true;                        ///< else nothing was changed
        std::chrono::system_clock::time_point when; ///< of the last reload, or of the start
        std::string problem;                        ///< the first one; empty when successful
    };

    /// `settings` must be those the relay was made with.
    Reloader(config::Settings settings, Load load, relay::Relay& relay, Calls& calls,
             HttpRenewal httpRenewal = {});

    void reload();
    const Last& last() const { return last_; }
    /// Of the last reload, in words.
    const char* outcome() const;
    /// Settings that need a restart keep the values they had at the start.
    const config::Settings& settings() const { return settings_; }

  private:
    void apply(const config::Settings& next);
    void applyCalls(const std::vector<config::CallSettings>& next);
    void applySubscriptions(const std::vector<config::SubscriptionSettings>& next);
    void put(const config::SubscriptionSettings& next);
    void attempt(const std::string& what, const std::function<void()>& change);
    void conclude(const std::vector<std::string>& problems, bool applied);

    config::Settings settings_;
    Load load_;
    relay::Relay& relay_;
    Calls& calls_;
    HttpRenewal httpRenewal_;
    Last last_;
    std::vector<std::string> refused_; ///< what the relay refused in this reload
};

/// The keys that differ and take effect only at a restart: all but those that reload.cpp lists in takeOver().
std::vector<std::string> keysNeedingRestart(const config::Settings& running, const config::Settings& next);

} // namespace spillway::daemon
