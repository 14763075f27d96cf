#include "daemon/signalling/whip/trickle.h"

#include "daemon/http/problem.h"

#include <string_view>

namespace spillway::daemon::whip {

namespace {

using http::problem;
using http::Response;
using relay::sdp::Error;
using relay::sdp::Fragment;

/// Whether a list of entity tags names this one; `W/"…"` never matches strongly (RFC 9110 section 13.1.1).
bool names(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (!one.empty() && (one.front() == ' ' || one.front() == '\t'))
            one.remove_prefix(1);
        while (!one.empty() && (one.back() == ' ' || one.back() == '\t'))
            one.remove_suffix(1);
        if (one == "*" || one == etag) return true;
    }
    return false;
}

Response hand(const Fragment& fragment, relay::Call& call, relay::PeerId peer) {
    for (const auto& [mid, candidate] : fragment.candidates)
        if (!call.addCandidate(peer, mid, candidate))
            return problem(422, "there is no m-line with the mid of candidate \"" + candidate + "\"");
    return {204, {}, {}, {}};
}

} // namespace

std::optional<Response> refusePrecondition(const http::Request& request, const std::string& etag) {
    const std::string* wanted = request.header("if-match");
    if (wanted == nullptr) return problem(428, "If-Match must name the ETag of the session");
    if (!names(*wanted, etag)) return problem(412, "If-Match names another ICE session");
    return std::nullopt;
}

std::variant<Fragment, Response> readFragment(const std::string& body, const std::string& ufrag) {
    auto parsed = relay::sdp::parseFragment(body);
    if (const auto* error = std::get_if<Error>(&parsed))
        return problem(error->kind == Error::Kind::malformed ? 400 : 422, error->detail);
    auto& fragment = std::get<Fragment>(parsed);
    if (!fragment.ufrag.empty() && fragment.ufrag != ufrag)
        return problem(422, "an ICE restart is not supported: begin a new session");
    return std::move(fragment);
}

Response trickle(const std::string& body, relay::Call& call, relay::PeerId peer) {
    auto read = readFragment(body, call.remoteUfrag(peer));
    if (auto* refused = std::get_if<Response>(&read)) return std::move(*refused);
    return hand(std::get<Fragment>(read), call, peer);
}

} // namespace spillway::daemon::whip
