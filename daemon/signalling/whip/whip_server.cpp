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
#include "relay/sdp/description.h"

#include <iterator>
#include <utility>
#include <variant>

namespace spillway::daemon::whip {

namespace {

using http::problem;
using http::Request;
using http::Responder;
using http::Response;

/// Of a POST, in whose path it stands where other methods have the session.
const std::string* nameInPath(const Request& request) {
    const auto named = request.params.find("session");
    return named == request.params.end() ? nullptr : &named->second;
}

/// Who says no name has that of its token, or one of its own, so that nobody takes over from it.
std::string participantOf(const Request& request) {
    if (const auto* name = nameInPath(request)) return *name;
    const auto named = request.query.find("participant");
    if (named != request.query.end() && !named->second.empty()) return named->second;
    const std::string& ofToken = request.caller.scope.participant;
    return ofToken.empty() ? "participant-" + http_session::randomId(4) : ofToken;
}

/// With port 0 a line is off, unless it may come in a bundle only (RFC 9143 section 6).
bool maySend(const relay::sdp::Section& line) {
    const bool isOff = line.port == 0 && !line.has("bundle-only");
    return line.kind != "application" && !isOff && !line.has("recvonly") && !line.has("inactive");
}

/// The kinds of the lines that may send; none where the offer is none, which the relay refuses.
std::vector<std::string> mediaOf(const std::string& offer) {
    std::vector<std::string> kinds;
    const auto read = relay::sdp::parseDescription(offer, relay::sdp::publisherLimits);
    if (const auto* description = std::get_if<relay::sdp::Description>(&read))
        for (const auto& line : description->sections)
            if (maySend(line)) kinds.push_back(line.kind);
    return kinds;
}

/// Gives the one track that a token names its name; false when the offer has another.
bool takeSource(relay::PublishRequest& publish, const std::string& source) {
    const auto kinds = mediaOf(publish.offer);
    if (kinds.size() > 1) return false;
    const bool isAudio = kinds == std::vector<std::string>{"audio"};
    if (source == (isAudio ? publish.videoSource : publish.audioSource)) return false;
    publish.videoSource = source;
    publish.audioSource = source;
    return true;
}

/// A publisher is who its token says, or there is a refusal.
std::variant<relay::PublishRequest, Response> publishRequest(const Request& request) {
    const http::Scope& scope = request.caller.scope;
    const std::string named = participantOf(request);
    relay::PublishRequest publish;
    // A token has the name as it is listed; made a name once more it would be another.
    publish.participant = named == scope.participant ? named : config::toName(named);
    publish.display = config::toDisplay(named);
    publish.client = request.client;
    publish.only = scope.source;
    publish.offer = request.body;
    if (!scope.covers({scope.call, publish.participant, scope.source})) return http::outside(scope);
    if (!scope.source.empty() && !takeSource(publish, scope.source)) return http::outside(scope);
    return publish;
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

Server::Server(relay::Loop& loop, std::vector<config::IceServer> iceServers, bool loopbackOnly)
    : loop_(loop)
    , iceServers_(std::move(iceServers))
    , loopbackOnly_(loopbackOnly) {}

void Server::host(relay::Call& call) {
    calls_.insert_or_assign(call.settings().name, &call);
}

std::vector<std::unique_ptr<relay::Publication>> Server::unhost(const relay::Call& call) {
    std::vector<std::unique_ptr<relay::Publication>> publications;
    for (auto session = sessions_.begin(); session != sessions_.end();) {
        const bool ends = session->second.call == &call;
        if (ends) publications.push_back(std::move(session->second.publication));
        if (ends && session->second.respond) session->second.respond(noCall());
        session = ends ? sessions_.erase(session) : std::next(session);
    }
    calls_.erase(call.settings().name);
    return publications;
}

void Server::addRoutes(http::Router& router) {
    addEndpointRoutes(router);
    addSessionRoutes(router);
}

void Server::addEndpointRoutes(http::Router& router) {
    using http::Access;
    const std::string endpoint = "/whip/{call}";
    const http::Needs publish{Access::publish, http::Reach::filtered};
    router.add({"POST", endpoint, publish, http_session::sdpType,
                [this](const Request& request, const Responder& respond) { post(request, respond); }});
    router.get(endpoint, publish, [this](const Request& request) {
        return hosted(request) == nullptr ? noCall() : http::noContent();
    });
    router.options(endpoint, [](const Request&) { return http_session::options(); });
}

void Server::addSessionRoutes(http::Router& router) {
    using http::Access;
    const std::string session = "/whip/{call}/{session}";
    const http::Needs publish{Access::publish, http::Reach::filtered};
    router.add({"POST", session, publish, http_session::sdpType,
                [this](const Request& request, const Responder& respond) { post(request, respond); }});
    router.get(session, publish,
               [this](const Request& request) { return refuse(request).value_or(http::noContent()); });
    router.patch(session, publish, http_session::trickleType,
                 [this](const Request& request) { return patch(request); });
    router.del(session, publish, [this](const Request& request) { return remove(request); });
}

void Server::post(const Request& request, const Responder& respond) {
    relay::Call* call = hosted(request);
    if (call == nullptr) return respond(noCall());
    if (nameInPath(request) != nullptr && request.query.contains("participant"))
        return respond(problem(400, "the participant is in the path and in the query: leave one out"));
    auto read = publishRequest(request);
    if (const auto* refused = std::get_if<Response>(&read)) return respond(*refused);
    auto& publish = std::get<relay::PublishRequest>(read);
    publish.loopbackOnly = loopbackOnly_;
    try {
        begin(*call, publish, request, respond);
    } catch (const relay::Refused& refused) {
        respond(http::refusal(refused));
    }
}

void Server::begin(relay::Call& call, const relay::PublishRequest& publish, const Request& request,
                   const Responder& respond) {
    const http::Caller& publisher = request.caller;
    const std::string id = http_session::randomId();
    auto publication = call.publish(publish, events(id));
    const http::Scope target{call.settings().name, publish.participant, publisher.scope.source};
    // Relative, whatever prefix a proxy puts before the endpoint.
    const std::string location =
        (nameInPath(request) ? "../../whip/" : "../whip/") + call.settings().name + "/" + id;
    Session session{&call, std::move(publication), location, http_session::randomEtag(), respond, publisher,
                    target};
    if (publisher.expires)
        session.expiry = WallTimer(loop_, *publisher.expires, [this, id] { onExpired(id); });
    sessions_.emplace(id, std::move(session));
}

relay::PublishEvents Server::events(const std::string& id) {
    relay::PublishEvents events;
    events.onAnswer =
        lifetime_.guard([this, id](const relay::LocalDescription& answer) { onAnswer(id, answer); });
    events.onEnded = lifetime_.guard(
        [this, id](relay::PublicationEnd why, const std::string& detail) { onEnded(id, why, detail); });
    return events;
}

void Server::onAnswer(const std::string& id, const relay::LocalDescription& answer) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return; // its call is being left
    Session& session = found->second;
    const auto respond = std::exchange(session.respond, nullptr);
    if (!answer.error) return respond(created(session, answer.sdp));
    sessions_.erase(id);
    respond(http::refusal(*answer.error));
}

void Server::onEnded(const std::string& id, relay::PublicationEnd why, const std::string& detail) {
    const auto ended = sessions_.extract(id);
    if (!ended) return; // its call is being left
    const auto& respond = ended.mapped().respond;
    if (!respond) return;
    if (why == relay::PublicationEnd::gaveWay)
        respond(http::refusal(relay::Refused(relay::Refused::Kind::limit, detail)));
    else
        respond(problem(409, "the session has ended: " + detail));
}

void Server::onExpired(const std::string& id) {
    const auto expired = sessions_.extract(id);
    log::info("the token of a publisher has expired scope={}", expired.mapped().target.text());
    if (const auto& respond = expired.mapped().respond) respond(problem(401, "the token has expired"));
}

Response Server::created(const Session& session, const std::string& answer) const {
    return http_session::created({session.location, session.etag, answer},
                                 http_session::iceLinks(iceServers_, session.publisher));
}

Response Server::patch(const Request& request) {
    if (auto refused = refuse(request)) return *refused;
    const Session* session = find(request);
    if (auto refused = http_session::refusePrecondition(request, session->etag)) return *refused;
    return trickle(request.body, *session->publication);
}

Response Server::remove(const Request& request) {
    if (auto refused = refuse(request)) return *refused;
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

std::optional<Response> Server::refuse(const Request& request) {
    const Session* session = find(request);
    return http_session::refuse(session == nullptr ? nullptr : &session->target, request.caller.scope);
}

} // namespace spillway::daemon::whip
