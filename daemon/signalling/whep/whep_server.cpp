#include "daemon/signalling/whep/whep_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/signalling/whip/link.h"
#include "daemon/signalling/whip/random_id.h"
#include "daemon/signalling/whip/trickle.h"

namespace spillway::daemon::whep {

namespace {

using http::Access;
using http::problem;
using http::Request;
using http::Responder;
using http::Response;

constexpr const char* sdpType = "application/sdp";
constexpr const char* sessionPath = "/whep-session/";
/// A track comes within a publisher's join; room for a viewer when another one leaves.
constexpr std::chrono::seconds retryTrackAfter{2};
constexpr std::chrono::seconds retryRoomAfter{5};

Response refusal(const relay::ViewRefused& refused) {
    using Kind = relay::ViewRefused::Kind;
    switch (refused.kind()) {
    case Kind::malformed:
        return problem(400, refused.what());
    case Kind::unsupported:
        return problem(406, refused.what());
    case Kind::noTrack:
        return problem(409, refused.what(), retryTrackAfter);
    case Kind::limit:
        return problem(503, refused.what(), retryRoomAfter);
    case Kind::disabled:
        break;
    }
    return problem(404, refused.what());
}

/// The same for every path, so that who has no token does not learn which tracks there are. ICE servers and
/// their credentials are for viewers, with their answer.
Response options() {
    return Response{204, {}, {}, {}}.with("Accept-Post", sdpType).with("Allow", "POST, GET, HEAD, OPTIONS");
}

/// A player asks by HEAD whether this is WHEP; GET is reserved and has no content.
Response head(const Request& request) {
    if (request.method == "HEAD") return {200, sdpType, {}, {}};
    return {204, {}, {}, {}};
}

Response noTrack() {
    return problem(404, "no track can have this name; its parts are 1 to 64 of A-Z a-z 0-9 . _ -");
}
Response noSession() {
    return problem(404, "this session does not exist or has ended");
}

relay::ViewRequest viewRequest(const Request& request) {
    relay::ViewRequest view;
    view.call = request.param("call");
    view.participant = request.param("participant");
    if (request.params.contains("source")) view.source = request.param("source");
    view.offer = request.body;
    return view;
}

bool isPossible(const relay::ViewRequest& view) {
    return config::isName(view.call) && config::isName(view.participant) &&
           (!view.source || config::isName(*view.source));
}

} // namespace

Server::Server(Viewers viewers, const std::vector<config::IceServer>& iceServers)
    : viewers_(std::move(viewers))
    , links_(whip::iceLinks(iceServers)) {}

void Server::addRoutes(http::Router& router) {
    addEndpointRoutes(router, "/whep/{call}/{participant}");
    addEndpointRoutes(router, "/whep/{call}/{participant}/{source}");
    addSessionRoutes(router);
}

void Server::addEndpointRoutes(http::Router& router, const std::string& endpoint) {
    router.add({"POST", endpoint, Access::view, sdpType,
                [this](const Request& request, const Responder& respond) { respond(post(request)); }});
    router.add({"GET", endpoint, Access::view, {}, [](const Request& request, const Responder& respond) {
                    respond(head(request));
                }});
    router.add({"OPTIONS", endpoint, Access::open, {}, [](const Request&, const Responder& respond) {
                    respond(options());
                }});
}

void Server::addSessionRoutes(http::Router& router) {
    const std::string session = std::string(sessionPath) + "{session}";
    router.add({"GET", session, Access::view, {}, [this](const Request& request, const Responder& respond) {
                    respond(find(request) != nullptr ? Response{204, {}, {}, {}} : noSession());
                }});
    router.add({"PATCH", session, Access::view, whip::trickleType,
                [this](const Request& request, const Responder& respond) { respond(patch(request)); }});
    router.add(
        {"DELETE", session, Access::view, {}, [this](const Request& request, const Responder& respond) {
             respond(remove(request));
         }});
}

Response Server::post(const Request& request) {
    const auto view = viewRequest(request);
    if (!isPossible(view)) return noTrack();
    const std::string id = whip::randomId();
    // An end may come before view() returns: the session is there first.
    sessions_[id] = {0, {}, '"' + whip::randomId(8) + '"'};
    try {
        return begin(id, view);
    } catch (const relay::ViewRefused& refused) {
        sessions_.erase(id);
        return refusal(refused);
    } catch (...) {
        sessions_.erase(id);
        throw;
    }
}

Response Server::begin(const std::string& id, const relay::ViewRequest& request) {
    const auto viewing = viewers_.view(request, ended(id));
    const auto session = sessions_.find(id);
    if (session == sessions_.end())
        return problem(503, "the session ended as soon as it began", retryTrackAfter);
    session->second.viewer = viewing.id;
    session->second.ufrag = viewing.offeredUfrag;
    return created(id, viewing);
}

Viewers::OnEnded Server::ended(const std::string& id) {
    return lifetime_.guard([this, id](const std::string&) { sessions_.erase(id); });
}

Response Server::created(const std::string& id, const relay::ViewAnswer& viewing) const {
    Response response{201, sdpType, viewing.answer, {}};
    response.with("Location", sessionPath + id).with("ETag", sessions_.at(id).etag);
    for (const auto& link : links_)
        response.with("Link", link);
    return response;
}

/// We are ICE-lite: the viewer's checks come to us, its candidates are not needed.
Response Server::patch(const Request& request) const {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    if (auto refused = whip::refusePrecondition(request, session->etag)) return *refused;
    const auto read = whip::readFragment(request.body, session->ufrag);
    if (const auto* refused = std::get_if<Response>(&read)) return *refused;
    return {204, {}, {}, {}};
}

Response Server::remove(const Request& request) {
    const auto session = sessions_.extract(request.param("session"));
    if (session.empty()) return noSession();
    viewers_.end(session.mapped().viewer);
    return {200, {}, {}, {}};
}

const Server::Session* Server::find(const Request& request) const {
    const auto found = sessions_.find(request.param("session"));
    return found == sessions_.end() ? nullptr : &found->second;
}

} // namespace spillway::daemon::whep
