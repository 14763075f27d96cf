#include "daemon/signalling/whep/requester.h"

#include "config/quote.h"
#include "daemon/http/message.h"
#include "daemon/read_json.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/whep/url.h"

#include <fmt/core.h>
#include <libsoup/soup.h>

#include <algorithm>
#include <array>

namespace spillway::daemon::whep {

namespace {

constexpr unsigned maxRedirects = 5;

bool isRedirect(unsigned status) {
    return status == SOUP_STATUS_TEMPORARY_REDIRECT || status == SOUP_STATUS_PERMANENT_REDIRECT;
}

http::ClientReply failure(std::string error) {
    http::ClientReply reply;
    reply.error = std::move(error);
    return reply;
}

std::string mediaType(const http::ClientReply& reply) {
    return http::mediaType(reply.header("content-type"));
}

/// Joining again with the same settings would be refused again. A stream that is not there (404) may come.
bool isFinal(unsigned status) {
    constexpr std::array<unsigned, 6> statuses{400, 401, 403, 406, 415, 422};
    return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

/// RFC 9457: `detail`, else `title`; other JSON and other types are ignored.
std::string problemDetail(const http::ClientReply& reply) {
    if (mediaType(reply) == "text/plain") return reply.body;
    if (mediaType(reply) != "application/problem+json") return {};
    const auto problem = readJson(reply.body);
    if (!problem.is_object()) return {};
    for (const char* key : {"detail", "title"})
        if (problem.contains(key) && problem[key].is_string()) return problem[key].get<std::string>();
    return {};
}

} // namespace

/// A request on its way through redirects.
struct Requester::Errand {
    http::ClientRequest request;
    std::chrono::milliseconds deadline;
    OnReply onReply;
    unsigned redirects = 0;
};

Requester::Requester(relay::Loop& loop, const config::WhepJoin& join)
    : url_(join.url)
    , token_(join.token)
    , client_(loop) {}

void Requester::send(http::ClientRequest request, OnReply onReply) {
    send(std::move(request), http::Client::Limits{}.deadline, std::move(onReply));
}

void Requester::send(http::ClientRequest request, std::chrono::milliseconds deadline, OnReply onReply) {
    send(Errand{std::move(request), deadline, std::move(onReply)});
}

void Requester::send(const Errand& errand) {
    http::ClientRequest request = errand.request;
    request.publicOnly = !isSameOrigin(url_, request.url);
    if (token_ && mayCarryToken(url_, request.url))
        request.headers.emplace_back("Authorization", "Bearer " + token_->reveal());
    client_.send(request, errand.deadline,
                 [this, errand](const http::ClientReply& reply) { onReply(errand, reply); });
}

void Requester::onReply(Errand errand, const http::ClientReply& reply) {
    if (!isRedirect(reply.status)) return errand.onReply(reply, errand.request.url);
    const std::string* location = reply.header("location");
    const auto target = location == nullptr ? std::nullopt : resolved(errand.request.url, *location);
    if (!target) return errand.onReply(failure("a redirect that cannot be followed"), errand.request.url);
    if (++errand.redirects > maxRedirects)
        return errand.onReply(failure("more than five redirects"), errand.request.url);
    errand.request.url = *target;
    send(errand);
}

bool holdsSdp(const http::ClientReply& reply) {
    const std::string type = mediaType(reply);
    if (type.empty()) return reply.body.starts_with("v=0");
    return type == http_session::sdpType && !reply.body.empty();
}

Loss lossOf(const http::ClientReply& reply) {
    Loss loss;
    loss.detail = reply.error;
    if (reply.status == 0) return loss;
    loss.detail =
        fmt::format("{} {}", reply.status,
                    isSuccess(reply.status) ? "without an SDP answer" : http::reasonPhrase(reply.status));
    if (const std::string detail = problemDetail(reply); !detail.empty())
        loss.detail += ": " + config::quote(detail);
    loss.final = isFinal(reply.status);
    loss.retryAfter = http::retryAfter(reply);
    return loss;
}

} // namespace spillway::daemon::whep
