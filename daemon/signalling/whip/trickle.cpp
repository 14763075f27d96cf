#include "daemon/signalling/whip/trickle.h"

#include "daemon/http/problem.h"
#include "relay/sdp/fragment.h"

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
    if (!fragment.ufrag.empty() && fragment.ufrag != call.remoteUfrag(peer))
        return problem(422, "an ICE restart is not supported: publish anew");
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

Response trickle(const std::string& body, relay::Call& call, relay::PeerId peer) {
    const auto parsed = relay::sdp::parseFragment(body);
    if (const auto* error = std::get_if<Error>(&parsed))
        return problem(error->kind == Error::Kind::malformed ? 400 : 422, error->detail);
    return hand(std::get<Fragment>(parsed), call, peer);
}

} // namespace spillway::daemon::whip
