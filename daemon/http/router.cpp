#include "daemon/http/router.h"

#include <algorithm>
#include <optional>

namespace spillway::daemon::http {

namespace {

using Params = std::map<std::string, std::string>;

std::string_view takeSegment(std::string_view& rest) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return segment;
}

bool isParameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// Both begin with a slash. Nothing when the path is not of this pattern.
std::optional<Params> matchPath(std::string_view pattern, std::string_view path) {
    if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
        return std::nullopt;
    Params params;
    while (!pattern.empty()) {
        const auto wanted = takeSegment(pattern);
        const auto given = takeSegment(path);
        if (!isParameter(wanted)) {
            if (wanted != given) return std::nullopt;
            continue;
        }
        if (given.empty()) return std::nullopt;
        params.emplace(wanted.substr(1, wanted.size() - 2), decodeUri(given));
    }
    return params;
}

void allow(std::vector<std::string>& methods, const std::string& method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

} // namespace

void Router::add(Route route) { routes_.push_back(std::move(route)); }

Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    for (const Route& route : routes_) {
        auto params = matchPath(route.pattern, path);
        if (!params) continue;
        if (match.path == nullptr) match.path = &route;
        allow(match.allowed, route.method);
        if (route.method == "GET") allow(match.allowed, "HEAD");
        if (match.route == nullptr && (route.method == method || (route.method == "GET" && method == "HEAD"))) {
            match.route = &route;
            match.params = std::move(*params);
        }
    }
    if (match.path != nullptr) allow(match.allowed, "OPTIONS");
    return match;
}

std::string joinMethods(const std::vector<std::string>& methods) {
    std::string text;
    for (const auto& method : methods) text += (text.empty() ? "" : ", ") + method;
    return text;
}

} // namespace spillway::daemon::http
