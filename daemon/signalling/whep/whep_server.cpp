#include "daemon/signalling/whep/whep_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/http/refusal.h"
#include "daemon/signalling/http_session/answers.h"
#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/http_session/random_id.h"
#include "daemon/signalling/http_session/trickle.h"

namespace spillway::daemon::whep {

namespace {

using http::Access;
using http::problem;
using http::Request;
using http::Response;
using http_session::noSession;
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
    return view;
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

Server::Server(Viewers viewers, const std::vector<config::IceServer>& iceServers)
    : viewers_(std::move(viewers))
    , links_(http_session::iceLinks(iceServers)) {}

void Server::addRoutes(http::Router& router) {
    addEndpointRoutes(router, "/whep/{call}/{participant}");
    addEndpointRoutes(router, "/whep/{call}/{participant}/{source}");
    addSessionRoutes(router);
}

void Server::addEndpointRoutes(http::Router& router, const std::string& endpoint) {
    router.post(endpoint, Access::view, sdpType, [this](const Request& request) { return post(request); });
    router.get(endpoint, Access::view, head);
    router.options(endpoint, [](const Request&) { return http_session::options(); });
}

void Server::addSessionRoutes(http::Router& router) {
    const std::string session = "/" + std::string(sessionPath) + "{session}";
    router.get(session, Access::view, [this](const Request& request) {
        return find(request) == nullptr ? noSession() : http::noContent();
    });
    router.patch(session, Access::view, http_session::trickleType,
                 [this](const Request& request) { return patch(request); });
    router.del(session, Access::view, [this](const Request& request) { return remove(request); });
}

Response Server::post(const Request& request) {
    const auto view = viewRequest(request);
    if (!isPossible(view)) return noTrack();
    const std::string id = http_session::randomId();
    // An end may come before view() returns: the session is there first.
    sessions_[id] = {0, {}, http_session::randomEtag()};
    try {
        return begin(id, view);
    } catch (const relay::ViewRefused& refused) {
        sessions_.erase(id);
        return http::refusal(refused);
    } catch (...) {
        sessions_.erase(id);
        throw;
    }
}

Response Server::begin(const std::string& id, const relay::ViewRequest& request) {
    const auto viewing = viewers_.view(request, ended(id));
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) return problem(503, "the session ended at once", retryAfter);
    session->second.viewer = viewing.id;
    session->second.ufrag = viewing.offeredUfrag;
    return created(rootOf(request) + sessionPath + id, id, viewing);
}

Viewers::OnEnded Server::ended(const std::string& id) {
    return lifetime_.guard([this, id](const std::string&) { sessions_.erase(id); });
}

Response Server::created(const std::string& location, const std::string& id,
                         const relay::ViewAnswer& viewing) const {
    return http_session::created({location, sessions_.at(id).etag, viewing.answer}, links_);
}

/// We are ICE-lite: the viewer's checks come to us, its candidates are not needed.
Response Server::patch(const Request& request) const {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    if (auto refused = http_session::refusePrecondition(request, session->etag)) return *refused;
    const auto read = http_session::readFragment(request.body, session->ufrag);
    if (const auto* refused = std::get_if<Response>(&read)) return *refused;
    return http::noContent();
}

Response Server::remove(const Request& request) {
    const auto session = sessions_.extract(request.param("session"));
    if (session.empty()) return noSession();
    viewers_.end(session.mapped().viewer);
    return {};
}

const Server::Session* Server::find(const Request& request) const {
    const auto found = sessions_.find(request.param("session"));
    return found == sessions_.end() ? nullptr : &found->second;
}

} // namespace spillway::daemon::whep
