#include "daemon/signalling/whip/whip_server.h"

#include "config/name.h"
#include "daemon/http/problem.h"
#include "daemon/http/refusal.h"
#include "daemon/signalling/http_session/answers.h"
#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/http_session/random_id.h"
#include "daemon/signalling/http_session/trickle.h"

#include <utility>

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
Response trickle(const std::string& body, relay::Publication& publication) {
    const auto read = http_session::readFragment(body, publication.remoteUfrag());
    if (const auto* refused = std::get_if<Response>(&read)) return *refused;
    for (const auto& [mid, candidate] : std::get<relay::sdp::Fragment>(read).candidates)
        if (!publication.addCandidate(mid, candidate))
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
    std::erase_if(sessions_, [&](const auto& item) { return item.second.call->settings().name == call; });
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
    try {
        auto publication = call->publish(publish, events(id));
        sessions_.emplace(id, Session{call, std::move(publication), http_session::randomEtag(), respond});
    } catch (const relay::Refused& refused) {
        respond(http::refusal(refused));
    }
}

relay::PublishEvents Server::events(const std::string& id) {
    relay::PublishEvents events;
    events.onAnswer =
        lifetime_.guard([this, id](const relay::LocalDescription& answer) { onAnswer(id, answer); });
    events.onEnded =
        lifetime_.guard([this, id](relay::LostCause, const std::string& detail) { onEnded(id, detail); });
    return events;
}

void Server::onAnswer(const std::string& id, const relay::LocalDescription& answer) {
    Session& session = sessions_.at(id);
    const auto respond = std::exchange(session.respond, nullptr);
    if (!answer.error) return respond(created(id, session, answer.sdp));
    sessions_.erase(id);
    respond(http::refusal(*answer.error));
}

void Server::onEnded(const std::string& id, const std::string& detail) {
    const auto ended = sessions_.extract(id);
    if (const auto& respond = ended.mapped().respond)
        respond(problem(409, "the session has ended: " + detail));
}

Response Server::created(const std::string& id, const Session& session, const std::string& answer) const {
    // Relative, whatever prefix a proxy puts before the endpoint.
    return http_session::created(
        {"../whip/" + session.call->settings().name + "/" + id, session.etag, answer}, links_);
}

Response Server::patch(const Request& request) {
    const Session* session = find(request);
    if (session == nullptr) return noSession();
    if (auto refused = http_session::refusePrecondition(request, session->etag)) return *refused;
    return trickle(request.body, *session->publication);
}

Response Server::remove(const Request& request) {
    if (find(request) == nullptr) return noSession();
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
