// The WHIP server of this node (RFC 9725): publishers of hosted calls, each with a session of its own.
//
// Comes in: offers and trickled candidates by HTTP. Goes out: answers; publishing sessions in calls. It keeps
// no media and no SDP. A session ends by DELETE, when its peer is lost, when its participant publishes
// again, when the token expires that opened it, or with its call. Owner: App; outlives the presences, ends
// before the relay. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/router.h"
#include "daemon/wall_timer.h"
#include "relay/base/loop.h"
#include "relay/call/call.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon::whip {

class Server {
  public:
    /// `loopbackOnly`: publishers are in this process, as in tests.
    Server(relay::Loop& loop, std::vector<config::IceServer> iceServers, bool loopbackOnly = false);

    void addRoutes(http::Router& router);

    /// Lets publishers into this call.
    void host(relay::Call& call);
    /// Ends its sessions; later requests find no such call. Their publications go on until they are
    /// destroyed, which the caller must do before the call goes.
    std::vector<std::unique_ptr<relay::Publication>> unhost(const relay::Call& call);

    std::size_t sessions() const { return sessions_.size(); }

  private:
    struct Session {
        const relay::Call* call;
        std::unique_ptr<relay::Publication> publication;
        std::string location;    ///< relative to where it was posted
        std::string etag;        ///< with its quotes
        http::Responder respond; ///< to the POST; none once it has its answer
        http::Caller publisher;
        http::Scope target;
        WallTimer expiry = {};
    };

    void addEndpointRoutes(http::Router& router);
    void addSessionRoutes(http::Router& router);

    void post(const http::Request& request, const http::Responder& respond);
    http::Response patch(const http::Request& request);
    http::Response remove(const http::Request& request);

    relay::Call* hosted(const http::Request& request) const;
    Session* find(const http::Request& request);
    std::optional<http::Response> refuse(const http::Request& request);
    void begin(relay::Call& call, const relay::PublishRequest& publish, const http::Request& request,
               const http::Responder& respond);
    relay::PublishEvents events(const std::string& id);
    void onAnswer(const std::string& id, const relay::LocalDescription& answer);
    void onEnded(const std::string& id, relay::PublicationEnd why, const std::string& detail);
    void onExpired(const std::string& id);
    http::Response created(const Session& session, const std::string& answer) const;

    relay::Loop& loop_;
    const std::vector<config::IceServer> iceServers_;
    bool loopbackOnly_;
    std::map<std::string, relay::Call*> calls_;
    std::map<std::string, Session> sessions_; ///< by the id in their URL
    relay::Lifetime lifetime_;
};

} // namespace spillway::daemon::whip
