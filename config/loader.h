// YAML in, Settings or a list of every problem out. Opens no file but those that the text names: secrets are
// read, and certificate and key are tried. Bounded for any input: a second, and some tens of MiB. Any thread.
#pragma once

#include "config/settings.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::config {

/// One thing that is wrong, at its place. No text here holds a secret.
struct Problem {
    std::string file;    ///< as given by the caller; "--set KEY" for an override
    int line = 0;        ///< from 1; 0 when the problem has no place
    int column = 0;      ///< from 1, in bytes
    std::string key;     ///< dotted path: `calls[1].join.type`; empty when the whole text is meant
    std::string message; ///< what is wrong and what is allowed, with "did you mean" for a near miss

    std::string text() const; ///< `FILE:LINE:COLUMN: key: message`, without what there is none of
};

template <class T>
using Loaded = std::variant<T, std::vector<Problem>>;

/// An empty text is all defaults. `overrides` are KEY=VALUE as of --set; KEY is a dotted path
/// (`http.listen`), VALUE is YAML.
Loaded<Settings> load(std::string_view yaml, const std::string& file,
                      const std::vector<std::string>& overrides = {});
Loaded<Settings> loadFile(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// One subscription as it stands in the list, from YAML or JSON text (the body of POST /v1/subscriptions).
Loaded<SubscriptionSettings> loadSubscription(std::string_view text, const std::string& file);
/// One call as it stands in the list (the body of POST /v1/calls).
Loaded<CallSettings> loadCall(std::string_view text, const std::string& file);

/// Every key that load() knows, as dotted paths: `http.listen`, `calls[].join.type`.
std::vector<std::string> knownKeys();

} // namespace spillway::config
