// An HTTP client: one request, one reply, on the main loop.
//
// Comes in: requests. Goes out: for each the whole reply, or why there is none, within the deadline. It
// follows no redirect, uses no proxy, knows no cookie and no credentials but the headers it is given, and
// unpacks nothing, so that what it reads is bounded. Certificates are checked against the system's. Every
// request has a connection of its own: one that is kept would be found dead only by the next request.
//
// The destructor ends all requests; their callbacks do not come. Loop thread.
#pragma once

#include "relay/base/loop.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using SoupSession = struct _SoupSession;

namespace spillway::daemon::http {

struct ClientRequest {
    std::string method;
    std::string url; ///< http or https
    std::vector<std::pair<std::string, std::string>> headers;
    std::string contentType; ///< empty when there is no body
    std::string body;
    /// Somebody else names the URL: it may lead to public addresses alone, looked at when connecting.
    bool publicOnly = false;
};

struct ClientReply {
    unsigned status = 0;                        ///< 0: there is none
    std::map<std::string, std::string> headers; ///< names in lower case; what came twice is a list
    std::string body;
    std::string error;     ///< why there is none; no secrets
    bool timedOut = false; ///< there is none within the deadline

    /// Null when it did not come.
    const std::string* header(const std::string& lowerCaseName) const;
};

class Client {
  public:
    struct Limits {
        std::chrono::milliseconds deadline{10000};    ///< from send() to the last byte of the body
        std::size_t maxBody = std::size_t{64} * 1024; ///< a larger one is an error
    };
    using OnReply = std::function<void(const ClientReply&)>;

    explicit Client(relay::Loop& loop);
    Client(relay::Loop& loop, Limits limits);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `onReply` runs once, on the loop, never before this returned. It may destroy the client.
    void send(const ClientRequest& request, OnReply onReply);
    void send(const ClientRequest& request, std::chrono::milliseconds deadline, OnReply onReply);

  private:
    class Transfer;

    relay::Loop& loop_;
    Limits limits_;
    SoupSession* session_;
    std::vector<std::weak_ptr<Transfer>> transfers_;
};

/// When the other side wants to be asked again: `Retry-After` in seconds or as a date (RFC 9110
/// section 10.2.3). Nothing when it does not say, or when that time has passed.
std::optional<std::chrono::milliseconds> retryAfter(const ClientReply& reply);

} // namespace spillway::daemon::http
