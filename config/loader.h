// YAML in; out come Settings, or a list of every problem. Opens only files that the text names: it reads
// secrets, and checks that certificate and key are readable. Any input takes a second at most, and 150 MiB.
// Any thread.
#pragma once

#include "config/settings.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::config {

/// One mistake and where it is. Never contains a secret.
struct Problem {
    std::string file;    ///< as given by the caller; "--set KEY" for an override
    int line = 0;        ///< from 1; 0 when the problem has no place
    int column = 0;      ///< from 1, in bytes
    std::string key;     ///< dotted path: `calls[1].join.type`; empty for the text as a whole
    std::string message; ///< what is wrong and what is allowed, with "did you mean" for a near miss

    std::string text() const; ///< `FILE:LINE:COLUMN: key: message`, leaving out what is unknown
};

template <class T>
using Loaded = std::variant<T, std::vector<Problem>>;

/// An empty text gives the defaults. Each override is KEY=VALUE as in --set: a dotted path (`http.listen`)
/// and YAML.
Loaded<Settings> load(std::string_view yaml, const std::string& file,
                      const std::vector<std::string>& overrides = {});
Loaded<Settings> loadFile(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// One element of `subscriptions`, as YAML or JSON (the body of POST /v1/subscriptions). It may reach what
/// `api` says.
Loaded<SubscriptionSettings> loadSubscription(std::string_view text, const std::string& file,
                                              const ApiSettings& api = {});
/// The same of `calls` (the body of POST /v1/calls).
Loaded<CallSettings> loadCall(std::string_view text, const std::string& file, const ApiSettings& api = {});
/// What a signed token is to allow (the body of POST /v1/tokens, the value of --make-token).
Loaded<TokenSettings> loadToken(std::string_view text, const std::string& file);

/// Every key that load() knows, as dotted paths: `http.listen`, `calls[].join.type`.
std::vector<std::string> knownKeys();

} // namespace spillway::config
