// The WHEP server of this node (draft-ietf-wish-whep): viewers of its tracks, each with a session of its own.
//
// Comes in: offers and trickled candidates by HTTP. Goes out: answers; wishes to the relay, which holds all
// media. It keeps no SDP. A session goes by DELETE, when the relay says that its viewer has ended, or when
// the token expires that opened it. Its URL names no call, because a call's own paths end in what a publisher
// chose. Owner: App; ends before the relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/router.h"
#include "daemon/wall_timer.h"
#include "relay/base/loop.h"
#include "relay/values/viewing.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon::whep {

/// What is asked of the relay, as Relay::view and Relay::endViewer are.
struct Viewers {
    using OnEnded = std::function<void(const std::string& reason)>;
    std::function<relay::ViewAnswer(const relay::ViewRequest&, OnEnded)> view; ///< throws relay::ViewRefused
    std::function<bool(relay::ViewerId)> end;
};

class Server {
  public:
    Server(relay::Loop& loop, Viewers viewers, std::vector<config::IceServer> iceServers);

    void addRoutes(http::Router& router);

    std::size_t sessions() const { return sessions_.size(); }

  private:
    struct Session {
        relay::ViewerId viewer;
        std::string ufrag; ///< of the viewer
        std::string etag;  ///< with its quotes
        http::Scope target;
        WallTimer expiry;
    };

    void addEndpointRoutes(http::Router& router, const std::string& endpoint);
    void addSessionRoutes(http::Router& router);

    http::Response post(const http::Request& request);
    http::Response begin(const std::string& id, const relay::ViewRequest& view, const http::Caller& caller);
    void onExpired(const std::string& id);
    http::Response patch(const http::Request& request) const;
    http::Response remove(const http::Request& request);

    const Session* find(const http::Request& request) const;
    std::optional<http::Response> refuse(const http::Request& request) const;
    Viewers::OnEnded ended(const std::string& id);

    relay::Loop& loop_;
    const Viewers viewers_;
    const std::vector<config::IceServer> iceServers_;
    std::map<std::string, Session> sessions_; ///< by the id in their URL
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon::whep
