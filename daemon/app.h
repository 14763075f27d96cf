// The daemon as a whole: makes every part from the settings, runs the loop, ends every part.
//
// Comes in: settings, signals (SIGHUP: reload the settings). Goes out: an exit code. Parts are made in the
// order in which they need each other and end in the opposite one: HTTP stops listening, presences leave
// their calls, the relay closes its outputs. Owner: main. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/calls.h"
#include "daemon/events.h"
#include "daemon/exit_code.h"
#include "daemon/http/request_counts.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/metrics/collector.h"
#include "daemon/reload.h"
#include "daemon/signalling/whep/whep_server.h"
#include "daemon/signalling/whip/whip_server.h"
#include "daemon/signals.h"
#include "daemon/systemd_notify.h"
#include "relay/relay.h"

#include <memory>
#include <optional>
#include <vector>

namespace spillway::daemon {

class App {
  public:
    /// Throws std::runtime_error when a part cannot be made, relay::Refused when the relay refuses what is
    /// configured.
    /// `load` reads the settings again.
    App(relay::Loop& loop, const config::Settings& settings, Reloader::Load load);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    /// Returns once the daemon was asked to stop and has ended, or could not end in time.
    ExitCode run();

    const http::Router& router() const { return router_; }
    const http::Server& httpServer() const { return server_; }
    relay::Relay& relay() { return relay_; }
    void reload(); ///< as SIGHUP does
    void stop();   ///< as SIGTERM does; the second time it ends at once

  private:
    /// Moves forward only.
    enum class State { starting, running, stopping, ended };

    void addRoutes();
    void addCalls();
    void addSubscriptions();
    void onReady();
    void onCallsLeft();
    void onClosed();
    void onShutdownTimeout();
    void end(ExitCode code);
    void tellStatus();
    std::optional<std::string> unready() const;
    std::optional<std::string> stuck();

    relay::Loop& loop_;
    const http::StatusFacts facts_;
    State state_ = State::starting;
    ExitCode code_ = exitOk;

    EventLog events_;
    relay::Relay relay_;
    whip::Server whip_;
    whep::Server whep_;
    Calls calls_;
    Reloader reloader_;
    http::RequestCounts counts_;
    metrics::Collector collector_;
    http::Router router_;
    http::Server server_;
    SystemdNotify systemd_;
    std::vector<Signal> signals_;
    relay::Timer statusTimer_;
    relay::Timer shutdownTimer_;
    std::vector<std::string> closing_; ///< outputs that were open when stopping began
};

} // namespace spillway::daemon
