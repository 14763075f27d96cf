// The routes of the API. One file for each resource; a new one adds its function here.
//
// Comes in: requests. Goes out: JSON from one snapshot each, or wishes to the relay. What a request says is
// checked before anything changes. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/rate_limiter.h"
#include "daemon/http/router.h"
#include "daemon/http/signed_tokens.h"
#include "relay/relay.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace spillway::daemon {
class EventLog;
}

namespace spillway::daemon::http {

using SnapshotSource = std::function<relay::Snapshot()>;

/// What does not change while the daemon runs.
struct StatusFacts {
    std::string version;
    std::string gstreamer;
    std::string nice;
    std::chrono::system_clock::time_point started;
    config::LimitSettings limits;
};

/// What is posted may reach so much of this machine.
using ApiSource = std::function<config::ApiSettings()>;

/// The wishes that the API passes on.
struct SubscriptionActions {
    std::function<void(const config::SubscriptionSettings&)> add; ///< throws relay::Refused
    std::function<bool(const std::string&)> remove;               ///< false when there is none
    ApiSource api;
};

struct CallActions {
    std::function<void(const config::CallSettings&)> add; ///< throws relay::Refused
    /// False when there is none; else `onLeft` runs later.
    std::function<bool(const std::string&, std::function<void()> onLeft)> leave;
    ApiSource api;
};

struct Health {
    /// Why /healthz says 503; nothing when all is well. It may have names in it.
    std::function<std::optional<std::string>()> unhealthy;
    /// The same for /readyz, for everybody.
    std::function<std::optional<std::string>()> unready;
    SnapshotSource snapshot; ///< tells what is degraded, while both say 200; asked once a second at most
};

void addStatus(Router& router, const SnapshotSource& snapshot, const StatusFacts& facts);
void addCalls(Router& router, const SnapshotSource& snapshot, const CallActions& actions);
void addTracks(Router& router, const SnapshotSource& snapshot);
void addSubscriptions(Router& router, const SnapshotSource& snapshot, const SubscriptionActions& actions);
/// A comment is sent where nothing else was for `keepAlive`, so that a connection that is broken is noticed.
void addEvents(Router& router, relay::Loop& loop, EventLog& log,
               std::chrono::milliseconds keepAlive = std::chrono::seconds(15));
/// `POST /v1/tokens`; `tokens` outlives the router's use. `rate` is that of all who ask together.
void addTokens(Router& router, const SignedTokens& tokens, RateLimiter::Limits rate = {5, 20, 1});
void addPage(Router& router, const SnapshotSource& snapshot, const StatusFacts& facts);
void addMetrics(Router& router, const std::function<std::string()>& text);
void addHealth(Router& router, Health health);
void addOpenapi(Router& router);
/// The player of /whep as a page: `/watch/{call}/{participant}`.
void addWatch(Router& router);

// Files as they were at build time.
extern const char* const openapiDocument;
extern const char* const watchPage;
extern const char* const watchScript;
extern const char* const watchStyle;

} // namespace spillway::daemon::http
