// Who may ask what: Bearer tokens (RFC 6750) and roles.
//
// Comes in: the head of a request. Goes out: a role, or the problem to answer with. Without tokens everybody
// is admin, and the server listens on loopback and Unix sockets only (see exposureProblems). Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/message.h"

#include <optional>

namespace spillway::daemon::http {

class AccessControl {
  public:
    explicit AccessControl(const config::HttpSettings& settings)
        : settings_(settings) {}

    /// The strongest role of the token that was sent; nothing for a wrong or missing one.
    std::optional<Access> roleOf(const Request& request) const;

    /// Nothing when granted; else 401 with the challenge, or 403.
    std::optional<Response> refuse(std::optional<Access> role, Access needed) const;

    /// Without tokens, a web page that names this host by a name of its own (DNS rebinding) would be admin:
    /// then only `localhost` and numeric hosts are served, 421 for others.
    std::optional<Response> refuseHost(const Request& request) const;

  private:
    config::HttpSettings settings_;
};

/// Why these settings must not be served: addresses that others can reach while there are no tokens.
std::vector<std::string> exposureProblems(const config::HttpSettings& settings);

/// The same for `http.cors`: pages of other origins while there are no tokens.
std::optional<std::string> corsProblem(const config::HttpSettings& settings);

} // namespace spillway::daemon::http
