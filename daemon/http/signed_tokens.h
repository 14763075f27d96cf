// Signed tokens: JWT (RFC 7519) in the compact form of JWS (RFC 7515), signed with HS256 (RFC 7518 section
// 3.2) and nothing else. There is no state but the keys: what a token says holds until it expires, or until
// its key is taken away.
//
// Comes in: keys, text from anybody. Goes out: who that stands for, or why nobody. What is wrong before the
// signature is proved has one reason, so that it tells a forger nothing. Owner: AccessControl. Loop thread.
#pragma once

#include "config/settings.h"
#include "daemon/http/caller.h"

#include <string>
#include <string_view>
#include <variant>

namespace spillway::daemon::http {

/// Longer text is no token of ours: the longest claims take a quarter of it.
inline constexpr std::size_t maxTokenBytes = 4096;

Access accessOf(config::TokenRole role);
Scope scopeOf(const config::TokenSettings& wanted);

struct SignedToken {
    std::string text;
    std::string key; ///< its `kid`
    WallTime expires;
};

class SignedTokens {
  public:
    explicit SignedTokens(config::SignedTokenSettings settings)
        : settings_(std::move(settings)) {}

    /// Tokens of keys that are no longer there are refused from now on.
    void renew(config::SignedTokenSettings settings) { settings_ = std::move(settings); }
    bool canSign() const { return !settings_.keys.empty(); }

    /// Signed with the first key; there must be one. Times are whole seconds.
    SignedToken make(const config::TokenSettings& wanted, WallTime now) const;

    /// Who the token stands for, or why it stands for nobody.
    std::variant<Caller, std::string> read(std::string_view text, WallTime now) const;

  private:
    const config::SigningKey* keyOf(std::string_view header) const;

    config::SignedTokenSettings settings_;
};

} // namespace spillway::daemon::http
