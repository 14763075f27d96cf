#include "daemon/signalling/whip/whip_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/signalling/whip/link.h"
#include "daemon/signalling/whip/random_id.h"
#include "daemon/signalling/whip/trickle.h"
#include "relay/base/log.h"
#include "relay/values/refused.h"

namespace spillway::daemon::whip {

namespace {

using http::problem;
using http::Request;
using http::Responder;
using http::Response;

constexpr const char* sdpType = "application/sdp";
constexpr std::chrono::seconds retryAfter{5};

std::string participantOf(const Request& request) {
    const auto named = request.query.find("participant");
    return named == request.query.end() || named->second.empty() ? "participant" : named->second;
}

Response refusal(const relay::Refused& refused) {
    switch (refused.kind()) {
    case relay::Refused::Kind::limit:
        return problem(503, refused.what(), retryAfter);
    case relay::Refused::Kind::duplicate:
        return problem(409, refused.what());
    case relay::Refused::Kind::invalid:
        break;
    }
    return problem(422, refused.what());
}

Response refusal(const relay::NegotiationError& error) {
    using Kind = relay::NegotiationError::Kind;
    switch (error.kind) {
    case Kind::malformed:
        return problem(400, error.detail);
    case Kind::unsupported:
        return problem(422, error.detail);
    case Kind::newPeer:
    case Kind::internal:
        break;
    }
    return problem(500, error.detail);
}

/// The same for every path, so that who has no token does not learn which calls there are. ICE servers and
/// their credentials are for publishers, with their answer.
Response options() {
    return Response{204, {}, {}, {}}.with("Accept-Post", sdpType).with("Allow", "POST, GET, HEAD, OPTIONS");
}

Response noCall() {
    return problem(404, "no call of this name takes publishers");
}
Response noSession() {
    return problem(404, "this session does not exist or has ended");
}

} // namespace

Server::Server(const std::vector<config::IceServer>& iceServers, bool loopbackOnly)
    : links_(iceLinks(iceServers))
    , loopbackOnly_(loopbackOnly) {}

void Server::host(relay::Call& call) {
    calls_.insert_or_assign(call.settings().name, &call);
}

void Server::unhost(const std::string& call) {
    std::erase_if(sessions_, [&](const auto& item) {
        const Session& session = item.second;
        if (session.call->settings().name != call) return false;
        session.call->removePeer(session.peer);
        return true;
    });
    calls_.erase(call);
}

void Server::addRoutes(http::Router& router) {
    addEndpointRoutes(router);
    addSessionRoutes(router);
}

void Server::addEndpointRoutes(http::Router& router) {
    using http::Access;
    const std::string endpoint = "/whip/{call}";
    router.add({"POST", endpoint, Access::publish, sdpType,
                [this](const Request& request, const Responder& respond) { post(request, respond); }});
    router.add(
        {"GET", endpoint, Access::publish, {}, [this](const Request& request, const Responder& respond) {
             respond(hosted(request) ? Response{204, {}, {}, {}} : noCall());
         }});
    router.add({"OPTIONS", endpoint, Access::open, {}, [](const Request&, const Responder& respond) {
                    respond(options());
                }});
}

void Server::addSessionRoutes(http::Router& router) {
    using http::Access;
    const std::string session = "/whip/{call}/{session}";
    router.add(
        {"GET", session, Access::publish, {}, [this](const Request& request, const Responder& respond) {
             respond(find(request) ? Response{204, {}, {}, {}} : noSession());
         }});
    router.add({"PATCH", session, Access::publish, trickleType,
                [this](const Request& request, const Responder& respond) { respond(patch(request)); }});
    router.add(
        {"DELETE", session, Access::publish, {}, [this](const Request& request, const Responder& respond) {
             respond(remove(request));
         }});
}

void Server::post(const Request& request, const Responder& respond) {
    relay::Call* call = hosted(request);
    if (call == nullptr) return respond(noCall());
    const std::string display = participantOf(request);
    relay::PublishRequest publish;
    publish.participant = config::toName(display);
    publish.display = display;
    publish.offer = request.body;
    publish.loopbackOnly = loopbackOnly_;
    const std::string id = randomId();
    // An answer or an end may come before publish() returns: the session is there first.
    sessions_[id] = {call, 0, '"' + randomId(8) + '"'};
    try {
        const auto peer = call->publish(publish, events(id, call->settings().name, respond));
        if (const auto session = sessions_.find(id); session != sessions_.end()) session->second.peer = peer;
    } catch (const relay::Refused& refused) {
        sessions_.erase(id);
        respond(refusal(refused));
    } catch (...) {
        sessions_.erase(id);
        throw;
    }
}

relay::PublishEvents Server::events(const std::string& id, const std::string& call,
                                    const Responder& respond) {
    relay::PublishEvents events;
    events.onAnswer = lifetime_.guard([this, id, call, respond](const relay::LocalDescription& answer) {
        respond(created(id, answer, call));
        if (answer.error) sessions_.erase(id);
    });
    events.onEnded = lifetime_.guard([this, id, call](relay::LostCause cause, const std::string& detail) {
        sessions_.erase(id);
        log::info("whip session ended call={} cause={} detail=\"{}\"", call, relay::lostCauseName(cause),
                  detail);
    });
    return events;
}

Response Server::created(const std::string& id, const relay::LocalDescription& answer,
                         const std::string& call) const {
    if (answer.error) return refusal(*answer.error);
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) return problem(409, "a newer session of this participant has taken over");
    Response response{201, sdpType, answer.sdp, {}};
    response.with("Location", "/whip/" + call + "/" + id).with("ETag", session->second.etag);
    for (const auto& link : links_)
        response.with("Link", link);
    return response;
}

Response Server::patch(const Request& request) {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    if (auto refused = refusePrecondition(request, session->etag)) return *refused;
    return trickle(request.body, *session->call, session->peer);
}

Response Server::remove(const Request& request) {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    session->call->removePeer(session->peer);
    sessions_.erase(request.param("session"));
    return {200, {}, {}, {}};
}

relay::Call* Server::hosted(const Request& request) const {
    const auto found = calls_.find(request.param("call"));
    return found == calls_.end() ? nullptr : found->second;
}

Server::Session* Server::find(const Request& request) {
    const auto found = sessions_.find(request.param("session"));
    if (found == sessions_.end() || found->second.call != hosted(request)) return nullptr;
    return &found->second;
}

} // namespace spillway::daemon::whip
