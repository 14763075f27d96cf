#include "daemon/signalling/whip/whip_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/http/refusal.h"
#include "daemon/signalling/http_session/answers.h"
#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/http_session/random_id.h"
#include "daemon/signalling/http_session/trickle.h"
#include "relay/base/log.h"

namespace spillway::daemon::whip {

namespace {

using http::problem;
using http::Request;
using http::Responder;
using http::Response;
using http_session::noSession;

std::string participantOf(const Request& request) {
    const auto named = request.query.find("participant");
    return named == request.query.end() || named->second.empty() ? "participant" : named->second;
}

Response noCall() {
    return problem(404, "no call of this name takes publishers");
}

/// Hands the candidates to the peer: 204, or what is wrong with the body.
Response trickle(const std::string& body, relay::Call& call, relay::PeerId peer) {
    const auto read = http_session::readFragment(body, call.remoteUfrag(peer));
    if (const auto* refused = std::get_if<Response>(&read)) return *refused;
    for (const auto& [mid, candidate] : std::get<relay::sdp::Fragment>(read).candidates)
        if (!call.addCandidate(peer, mid, candidate))
            return problem(422, "there is no m-line with the mid of candidate \"" + candidate + "\"");
    return http::noContent();
}

} // namespace

Server::Server(const std::vector<config::IceServer>& iceServers, bool loopbackOnly)
    : links_(http_session::iceLinks(iceServers))
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
    router.add({"POST", endpoint, Access::publish, http_session::sdpType,
                [this](const Request& request, const Responder& respond) { post(request, respond); }});
    router.get(endpoint, Access::publish, [this](const Request& request) {
        return hosted(request) == nullptr ? noCall() : http::noContent();
    });
    router.options(endpoint, [](const Request&) { return http_session::options(); });
}

void Server::addSessionRoutes(http::Router& router) {
    using http::Access;
    const std::string session = "/whip/{call}/{session}";
    router.get(session, Access::publish, [this](const Request& request) {
        return find(request) == nullptr ? noSession() : http::noContent();
    });
    router.patch(session, Access::publish, http_session::trickleType,
                 [this](const Request& request) { return patch(request); });
    router.del(session, Access::publish, [this](const Request& request) { return remove(request); });
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
    const std::string id = http_session::randomId();
    // An answer or an end may come before publish() returns: the session is there first.
    sessions_[id] = {call, 0, http_session::randomEtag()};
    try {
        const auto peer = call->publish(publish, events(id, call->settings().name, respond));
        if (const auto session = sessions_.find(id); session != sessions_.end()) session->second.peer = peer;
    } catch (const relay::Refused& refused) {
        sessions_.erase(id);
        respond(http::refusal(refused));
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
    if (answer.error) return http::refusal(*answer.error);
    const auto session = sessions_.find(id);
    if (session == sessions_.end()) return problem(409, "a newer session of this participant took over");
    return http_session::created({"/whip/" + call + "/" + id, session->second.etag, answer.sdp}, links_);
}

Response Server::patch(const Request& request) {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    if (auto refused = http_session::refusePrecondition(request, session->etag)) return *refused;
    return trickle(request.body, *session->call, session->peer);
}

Response Server::remove(const Request& request) {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    session->call->removePeer(session->peer);
    sessions_.erase(request.param("session"));
    return {};
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
