// Who may ask what: Bearer tokens (RFC 6750) and roles, fixed ones of the configuration and signed ones.
//
// Comes in: the head of a request and its route. Goes out: who asks, or the problem to answer with. Without
// tokens everybody is admin, and the server listens on loopback and Unix sockets only (see
// exposureProblems). Owner: Gate. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/credential.h"
#include "daemon/http/message.h"
#include "daemon/http/router.h"
#include "daemon/http/signed_tokens.h"

#include <optional>
#include <variant>

namespace spillway::daemon::http {

/// Whether that role may ask what needs that access.
bool grants(Access role, Access needed);

class AccessControl {
  public:
    explicit AccessControl(const config::HttpSettings& settings)
        : settings_(settings)
        , signedTokens_(settings.signedTokens) {}

    /// Who asks; else 401 with the challenge, 403, or 400 for more than one credential. `match` has a route.
    std::variant<Caller, Response> admit(const Request& request, const Match& match) const;

    /// Without tokens, a web page that names this host by a name of its own (DNS rebinding) would be admin:
    /// then only `localhost` and numeric hosts are served, 421 for others.
    std::optional<Response> refuseHost(const Request& request) const;

    SignedTokens& signedTokens() { return signedTokens_; }

  private:
    Caller known(const Credential& credential) const;
    std::variant<Caller, Response> identify(const Credential& credential, TokenPlace place) const;
    std::optional<Access> fixedRole(const std::string& token) const;

    config::HttpSettings settings_; ///< the keys for signed tokens are of the start
    SignedTokens signedTokens_;
};

/// Why these settings must not be served: addresses that others can reach while there are no tokens.
std::vector<std::string> exposureProblems(const config::HttpSettings& settings);

/// The same for `http.cors`: pages of other origins while there are no tokens.
std::optional<std::string> corsProblem(const config::HttpSettings& settings);

} // namespace spillway::daemon::http
