// The requests of one WHEP session: with the token where it may go, through redirects, and what a refusal
// means.
//
// Comes in: requests. Goes out: replies that are no redirects, with the URL that gave them. Owner: the
// connector. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/client.h"
#include "daemon/signalling/connector.h"

#include <functional>
#include <optional>
#include <string>

namespace spillway::daemon::whep {

class Requester {
  public:
    /// `url` answered: relative references of the reply start there. May destroy the requester.
    using OnReply = std::function<void(const http::ClientReply& reply, const std::string& url)>;

    Requester(relay::Loop& loop, const config::WhepJoin& join);

    /// Follows 307 and 308, method and body kept, five times at most. Beyond the configured origin only
    /// public addresses are asked, whoever names them: the server must not reach what is inside through us.
    /// `onReply` comes once, later.
    void send(http::ClientRequest request, OnReply onReply);
    void send(http::ClientRequest request, std::chrono::milliseconds deadline, OnReply onReply);

  private:
    struct Errand;
    void send(const Errand& errand);
    void onReply(Errand errand, const http::ClientReply& reply);

    std::string url_; ///< whose host the token is for
    std::optional<config::Secret> token_;
    http::Client client_;
};

/// Servers in the wild answer 200 as well as 201.
inline bool isSuccess(unsigned status) {
    return status / 100 == 2;
}

/// `application/sdp` with something in it.
bool holdsSdp(const http::ClientReply& reply);

/// What a reply that was not hoped for means: final where the same request would be refused again, with
/// `Retry-After`, and with what the server says about it (cut, printable).
Loss lossOf(const http::ClientReply& reply);

} // namespace spillway::daemon::whep
