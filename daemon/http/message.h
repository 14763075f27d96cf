// A request and a response as the handlers see them: plain values, so that a handler can be tested without a
// socket.
#pragma once

#include "daemon/http/caller.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::daemon::http {

struct Request {
    std::string method;                         ///< as sent: `GET`
    std::string path;                           ///< as sent, still percent-encoded, without the query
    std::map<std::string, std::string> params;  ///< `{name}` of the route's pattern, decoded
    std::map<std::string, std::string> query;   ///< decoded, without a token; the first of a name counts
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
    bool byUnixSocket = false;
    std::string client; ///< who asks, as far as limits go (remote.h); `unix` for a Unix socket
    Caller caller;

    /// Null when it was not sent.
    const std::string* header(const std::string& lowerCaseName) const;
    const std::string& param(const std::string& name) const { return params.at(name); }
};

/// Where the pieces of a body come from that goes on for as long as its client is there. Loop thread.
class BodySource {
  public:
    BodySource() = default;
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;
    /// The stream has ended, for whatever reason.
    virtual ~BodySource() = default;

    /// The next piece, asked for once the one before has been written; empty when there is none yet, nothing
    /// when there never will be.
    virtual std::optional<std::string> next() = 0;
};
/// `wake` asks for a piece after there was none; it may run as long as the source lives, but not while it is
/// made.
using MakeBodySource = std::function<std::unique_ptr<BodySource>(const std::function<void()>& wake)>;

struct Response {
    unsigned status = 200;
    std::string contentType = {}; ///< empty when there is no body
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    MakeBodySource stream = {}; ///< instead of `body`, where it is set

    Response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

/// 204
inline Response noContent() {
    return {204};
}

/// Answers one request, once, now or later on the loop. Safe when the client is gone by then.
using Responder = std::function<void(Response)>;
using Handler = std::function<void(const Request&, const Responder&)>;

/// `Application/SDP; charset=utf-8` is `application/sdp`; empty for null. `contentType` is a header field.
std::string mediaType(const std::string* contentType);
std::string mediaType(const Request& request);

/// As RFC 9110 and RFC 6585 have it.
const char* reasonPhrase(unsigned status);

/// Percent decoding; `plusIsBlank` as in queries. Bytes that are no valid escape stay as they are, where
/// g_uri_unescape_bytes() fails as a whole.
std::string decodeUri(std::string_view text, bool plusIsBlank = false);
/// The first of a name counts. A name may come without a value and a value may be no UTF-8: GUriParamsIter
/// ends at either.
std::map<std::string, std::string> parseQuery(std::string_view query);

} // namespace spillway::daemon::http
