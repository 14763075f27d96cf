// A request and a response as the handlers see them: plain values, so that a handler can be tested without a
// socket.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::daemon::http {

/// Of what is asked; in the order of power.
enum class Access {
    open,    ///< no token
    view,    ///< GETs
    publish, ///< WHIP
    admin,   ///< all
};

struct Request {
    std::string method;                         ///< as sent: `GET`
    std::string path;                           ///< as sent, still percent-encoded, without the query
    std::map<std::string, std::string> params;  ///< `{name}` of the route's pattern, decoded
    std::map<std::string, std::string> query;   ///< decoded; the first of a name counts
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;

    /// Null when it was not sent.
    const std::string* header(const std::string& lowerCaseName) const;
    const std::string& param(const std::string& name) const { return params.at(name); }
};

struct Response {
    unsigned status = 200;
    std::string contentType; ///< empty when there is no body
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;

    Response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

/// Answers one request, once, now or later on the loop. Safe when the client is gone by then.
using Responder = std::function<void(Response)>;
using Handler = std::function<void(const Request&, const Responder&)>;

/// `Content-Type: Application/SDP; charset=utf-8` is `application/sdp`; empty when there is none.
std::string mediaType(const Request& request);

/// The reason phrase of RFC 9110 for the statuses that are used here.
const char* reasonPhrase(unsigned status);

/// Percent decoding; `plusIsBlank` as in queries. Bytes that are no valid escape stay as they are.
std::string decodeUri(std::string_view text, bool plusIsBlank = false);
std::map<std::string, std::string> parseQuery(std::string_view query);

} // namespace spillway::daemon::http
