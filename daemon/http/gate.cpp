#include "daemon/http/gate.h"

#include "config/text.h"
#include "daemon/http/credential.h"
#include "daemon/http/descriptors.h"
#include "daemon/http/problem.h"

namespace spillway::daemon::http {

namespace {

/// The longest that a route can match takes a tenth of it.
constexpr std::size_t maxPath = 4096;
/// Sessions that end give theirs back.
constexpr std::chrono::seconds descriptorsAgain{5};

std::size_t headerBytes(const Request& head) {
    std::size_t bytes = head.path.size();
    for (const auto& [name, value] : head.headers)
        bytes += name.size() + value.size() + 4;
    return bytes;
}

std::optional<Response> refuseMethod(const Request& head, const Match& match) {
    if (match.path == nullptr) return problem(404, "nothing is served at this path");
    if (match.route != nullptr) return std::nullopt;
    const auto allowed = joinMethods(match.allowed);
    if (head.method == "OPTIONS") return noContent().with("Allow", allowed);
    return problem(405, "allowed methods: " + allowed).with("Allow", allowed);
}

bool isOneOf(std::string_view list, const std::string& type) {
    while (!list.empty()) {
        const auto comma = list.find(", ");
        if (list.substr(0, comma) == type) return true;
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 2);
    }
    return false;
}

std::optional<Response> refuseBody(const Request& head, const Route& route) {
    if (contentLength(head) > maxBody) return tooLong();
    if (route.bodyType.empty() || isOneOf(route.bodyType, mediaType(head))) return std::nullopt;
    return problem(415, "the body must be " + route.bodyType)
        .with("Accept-" + std::string(route.method == "PATCH" ? "Patch" : "Post"), route.bodyType);
}

/// Whether a token was shown that counts for nothing, where none is needed.
bool guesses(const Request& head, const Caller& caller) {
    const auto shown = credentialOf(head);
    return caller.role == Access::open && shown && shown->way == Credential::Way::bearer;
}

} // namespace

Response tooLong() {
    return problem(413, "the body is limited to " + std::to_string(maxBody) + " bytes");
}

std::uint64_t contentLength(const Request& head) {
    const std::string* text = head.header("content-length");
    return text == nullptr ? 0 : number<std::uint64_t>(*text).value_or(UINT64_MAX);
}

Gate::Passage Gate::enter(const Request& head) {
    Passage passage;
    passage.match = router_.match(head.method, head.path);
    passage.refusal = refuse(head, passage);
    return passage;
}

std::optional<Response> Gate::refuse(const Request& head, Passage& passage) {
    const Match& match = passage.match;
    if (head.path.size() > maxPath)
        return problem(414, "the path is limited to " + std::to_string(maxPath) + " bytes");
    if (headerBytes(head) > maxHeaders)
        return problem(431,
                       "path and headers together are limited to " + std::to_string(maxHeaders) + " bytes");
    if (!head.byUnixSocket) {
        if (auto refusal = access_.refuseHost(head)) return refusal;
    }
    if (Cors::isPreflight(head) && match.path != nullptr) return cors_.preflight(joinMethods(match.allowed));
    if (auto refusal = refuseMethod(head, match)) return refusal;
    if (auto refusal = refuseCaller(head, passage)) return refusal;
    if (head.method == "POST" && fewDescriptorsLeft())
        return problem(503, "few file descriptors are left; raise LimitNOFILE of the unit, or ulimit -n",
                       descriptorsAgain);
    return refuseBody(head, *match.route);
}

/// Limited are guesses at tokens, and what publishers and viewers send: apart, so that nobody with a good
/// token pays for a stranger's guesses. An admin of the whole node is trusted not to flood it, and what is
/// open to all costs next to nothing.
std::optional<Response> Gate::refuseCaller(const Request& head, Passage& passage) {
    auto admitted = access_.admit(head, passage.match);
    const auto* refusal = std::get_if<Response>(&admitted);
    if (refusal == nullptr) passage.caller = std::get<Caller>(admitted);
    const bool trusted = passage.caller.role == Access::admin && passage.caller.scope.isWhole();
    const bool open = passage.match.route->needs.access == Access::open && head.method != "POST";
    const bool guessed = refusal != nullptr || guesses(head, passage.caller);
    if (!guessed && (trusted || open)) return std::nullopt;
    RateLimiter& limiter = guessed ? guesses_ : head.method == "POST" ? posts_ : reads_;
    if (!limiter.take(head.client, RateLimiter::Clock::now()))
        return problem(429, "too many requests from this address", limiter.retryAfter());
    if (refusal != nullptr) return *refusal;
    return std::nullopt;
}

} // namespace spillway::daemon::http
