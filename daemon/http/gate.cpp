#include "daemon/http/gate.h"

#include "config/text.h"
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

} // namespace

Response tooLong() {
    return problem(413, "the body is limited to " + std::to_string(maxBody) + " bytes");
}

std::uint64_t contentLength(const Request& head) {
    const std::string* text = head.header("content-length");
    return text == nullptr ? 0 : number<std::uint64_t>(*text).value_or(UINT64_MAX);
}

Gate::Passage Gate::enter(const Request& head, const std::string& remote) {
    Passage passage;
    passage.match = router_.match(head.method, head.path);
    passage.refusal = refuse(head, passage.match, remote);
    return passage;
}

std::optional<Response> Gate::refuse(const Request& head, const Match& match, const std::string& remote) {
    if (head.path.size() > maxPath)
        return problem(414, "the path is limited to " + std::to_string(maxPath) + " bytes");
    if (headerBytes(head) > maxHeaders)
        return problem(431,
                       "path and headers together are limited to " + std::to_string(maxHeaders) + " bytes");
    if (remote != "unix") {
        if (auto refusal = access_.refuseHost(head)) return refusal;
    }
    if (Cors::isPreflight(head) && match.path != nullptr) return cors_.preflight(joinMethods(match.allowed));
    if (auto refusal = refuseMethod(head, match)) return refusal;
    if (auto refusal = refuseRole(head, *match.route, remote)) return refusal;
    if (head.method == "POST" && fewDescriptorsLeft())
        return problem(503, "few file descriptors are left; raise LimitNOFILE of the unit, or ulimit -n",
                       descriptorsAgain);
    return refuseBody(head, *match.route);
}

/// Limited are guesses at tokens, and what publishers and viewers post: apart, so that nobody with a good
/// token pays for a stranger's guesses. An admin is trusted not to flood its own daemon.
std::optional<Response> Gate::refuseRole(const Request& head, const Route& route, const std::string& remote) {
    const auto role = access_.roleOf(head);
    auto refusal = access_.refuse(role, route.access);
    if (!refusal && (head.method != "POST" || role == Access::admin)) return std::nullopt;
    RateLimiter& limiter = refusal ? guesses_ : posts_;
    if (!limiter.take(remote, RateLimiter::Clock::now()))
        return problem(429, "too many requests from this address", limiter.retryAfter());
    return refusal;
}

} // namespace spillway::daemon::http
