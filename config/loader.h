// YAML in, Settings or a list of every problem out. Pure: reads no file but the secret files that the text names.
// Any thread.
#pragma once

#include "config/settings.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::config {

/// One thing that is wrong, at its place.
struct Problem {
    std::string file; ///< as given by the caller; "--set KEY" for an override
    int line = 0;     ///< from 1; 0 when the problem has no place
    int column = 0;   ///< from 1
    std::string key;  ///< dotted path: `calls[1].join.type`
    std::string message; ///< what is wrong and what is allowed, with "did you mean" for a near miss

    std::string text() const; ///< `FILE:LINE:COLUMN: key: message`
};

template <class T>
using Loaded = std::variant<T, std::vector<Problem>>;

/// `overrides` are KEY=VALUE as of --set; KEY is a dotted path (`http.listen`), VALUE is YAML.
Loaded<Settings> load(std::string_view yaml, const std::string& file, const std::vector<std::string>& overrides = {});
Loaded<Settings> loadFile(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// One subscription as it stands in the list, from YAML or JSON text (the body of POST /v1/subscriptions).
Loaded<SubscriptionSettings> loadSubscription(std::string_view text, const std::string& file);

} // namespace spillway::config
