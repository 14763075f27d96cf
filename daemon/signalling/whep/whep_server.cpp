#include "daemon/signalling/whep/whep_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/http/refusal.h"
#include "daemon/signalling/http_session/answers.h"
#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/http_session/random_id.h"
#include "daemon/signalling/http_session/trickle.h"
#include "relay/base/log.h"

namespace spillway::daemon::whep {

namespace {

using http::Access;
using http::problem;
using http::Request;
using http::Response;
using http_session::sdpType;

constexpr const char* sessionPath = "whep-session/";
/// After a session that ended as it began: the next one may do better.
constexpr std::chrono::seconds retryAfter{2};

/// A player asks by HEAD whether this is WHEP; GET is reserved and has no content.
Response head(const Request& request) {
    if (request.method == "HEAD") return {200, sdpType};
    return http::noContent();
}

Response noTrack() {
    return problem(404, "no track can have this name; its parts are 1 to 64 of A-Z a-z 0-9 . _ -");
}

relay::ViewRequest viewRequest(const Request& request) {
    relay::ViewRequest view;
    view.call = request.param("call");
    view.participant = request.param("participant");
    if (request.params.contains("source")) view.source = request.param("source");
    view.offer = request.body;
    view.client = request.client;
    return view;
}

http::Scope targetOf(const relay::ViewRequest& view) {
    return {view.call, view.participant, view.source.value_or(std::string())};
}

/// Up to the root, whatever prefix a proxy puts before it.
std::string rootOf(const relay::ViewRequest& view) {
    return view.source ? "../../../" : "../../";
}

bool isPossible(const relay::ViewRequest& view) {
    return config::isName(view.call) && config::isName(view.participant) &&
           (!view.source || config::isName(*view.source));
}

} // namespace

Server::Server(relay::Loop& loop, Viewers viewers, std::vector<config::IceServer> iceServers)
    : loop_(loop)
    , viewers_(std::move(viewers))
    , iceServers_(std::move(iceServers)) {}

void Server::addRoutes(http::Router& router) {
    addEndpointRoutes(router, "/whep/{call}/{participant}");
    addEndpointRoutes(router, "/whep/{call}/{participant}/{source}");
    addSessionRoutes(router);
}

void Server::addEndpointRoutes(http::Router& router, const std::string& endpoint) {
    const http::Needs view{Access::view, http::Reach::named, http::TokenPlace::anywhere};
    router.post(endpoint, view, sdpType, [this](const Request& request) { return post(request); });
    router.get(endpoint, view, head);
    router.options(endpoint, [](const Request&) { return http_session::options(); });
}

void Server::addSessionRoutes(http::Router& router) {
    const std::string session = "/" + std::string(sessionPath) + "{session}";
    const http::Needs view{Access::view, http::Reach::filtered, http::TokenPlace::anywhere};
    router.get(session, view,
               [this](const Request& request) { return refuse(request).value_or(http::noContent()); });
    router.patch(session, view, http_session::trickleType,
                 [this](const Request& request) { return patch(request); });
    router.del(session, view, [this](const Request& request) { return remove(request); });
}

Response Server::post(const Request& request) {
    const auto view = viewRequest(request);
    if (!isPossible(view)) return noTrack();
    const std::string id = http_session::randomId();
    // An end may come before view() returns: the session is there first.
    sessions_[id] = {0, {}, http_session::randomEtag(), targetOf(view), {}};
    try {
        return begin(id, view, request.caller);
    } catch (const relay::ViewRefused& refused) {
        sessions_.erase(id);
        return http::refusal(refused);
    } catch (...) {
        sessions_.erase(id);
        throw;
    }
}

Response Server::begin(const std::string& id, const relay::ViewRequest& view, const http::Caller& caller) {
    const auto viewing = viewers_.view(view, ended(id));
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return problem(503, "the session ended at once", retryAfter);
    Session& session = found->second;
    session.viewer = viewing.id;
    session.ufrag = viewing.offeredUfrag;
    if (caller.expires) session.expiry = WallTimer(loop_, *caller.expires, [this, id] { onExpired(id); });
    return http_session::created({rootOf(view) + sessionPath + id, session.etag, viewing.answer},
                                 http_session::iceLinks(iceServers_, caller));
}

void Server::onExpired(const std::string& id) {
    const auto session = sessions_.extract(id);
    log::info("the token of a viewer has expired scope={}", session.mapped().target.text());
    viewers_.end(session.mapped().viewer);
}

Viewers::OnEnded Server::ended(const std::string& id) {
    return lifetime_.guard([this, id](const std::string&) { sessions_.erase(id); });
}

/// We are ICE-lite: the viewer's checks come to us, its candidates are not needed.
Response Server::patch(const Request& request) const {
    if (auto refused = refuse(request)) return *refused;
    const Session* session = find(request);
    if (auto refused = http_session::refusePrecondition(request, session->etag)) return *refused;
    const auto read = http_session::readFragment(request.body, session->ufrag);
    if (const auto* refused = std::get_if<Response>(&read)) return *refused;
    return http::noContent();
}

Response Server::remove(const Request& request) {
    if (auto refused = refuse(request)) return *refused;
    const auto session = sessions_.extract(request.param("session"));
    viewers_.end(session.mapped().viewer);
    return {};
}

const Server::Session* Server::find(const Request& request) const {
    const auto found = sessions_.find(request.param("session"));
    return found == sessions_.end() ? nullptr : &found->second;
}

std::optional<Response> Server::refuse(const Request& request) const {
    const Session* session = find(request);
    return http_session::refuse(session == nullptr ? nullptr : &session->target, request.caller.scope);
}

} // namespace spillway::daemon::whep
