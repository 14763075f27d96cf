#include "daemon/signalling/http_session/trickle.h"

#include "config/text.h"
#include "daemon/http/problem.h"
#include "relay/sdp/description.h"

#include <string_view>

namespace spillway::daemon::http_session {

namespace {

using http::problem;
using http::Response;
using relay::sdp::Description;
using relay::sdp::Error;
using relay::sdp::Fragment;
using relay::sdp::Section;

/// Whether a list of entity tags names this one; `W/"…"` never matches strongly (RFC 9110 section 13.1.1).
bool names(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const auto [first, rest] = splitAt(list, ',');
        const auto one = trimmed(first);
        if (one == "*" || one == etag) return true;
        list = rest;
    }
    return false;
}

/// Of the session, or of its first line that has it.
std::string credential(const Description& description, const char* name) {
    if (const auto value = description.attribute(name)) return *value;
    for (const Section& section : description.sections)
        if (const auto value = section.attribute(name)) return *value;
    return {};
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

void Trickle::add(const std::string& mid, const std::string& candidate) {
    if (candidates_.size() < maxCandidates) candidates_.emplace_back(mid, candidate);
}

std::string Trickle::take() {
    const auto candidates = std::exchange(candidates_, {});
    const auto parsed = relay::sdp::parseDescription(description_, relay::sdp::sfuLimits);
    const auto* description = std::get_if<Description>(&parsed);
    if (description == nullptr) return {};
    std::string body = "a=ice-ufrag:" + credential(*description, "ice-ufrag") +
                       "\r\na=ice-pwd:" + credential(*description, "ice-pwd") + "\r\n";
    for (const Section& section : description->sections) {
        const std::string mid = section.attribute("mid").value_or("");
        std::string lines;
        for (const auto& [line, candidate] : candidates)
            if (line == mid) lines += "a=" + candidate + "\r\n";
        if (lines.empty()) continue;
        body.append("m=").append(section.kind).append(" 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:");
        body.append(mid).append("\r\n").append(lines);
    }
    return body;
}

} // namespace spillway::daemon::http_session
