#include "daemon/http/router.h"

#include <algorithm>
#include <optional>

namespace spillway::daemon::http {

namespace {

using Params = std::map<std::string, std::string>;

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = path.find('/');
        parts.push_back(path.substr(0, end));
        if (end == std::string_view::npos) return parts;
        path.remove_prefix(end + 1);
    }
}

bool isParameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// Nothing when the path is not of this pattern.
std::optional<Params> matchPath(const std::vector<std::string_view>& pattern,
                                const std::vector<std::string_view>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    Params params;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto wanted = pattern.at(i);
        if (!isParameter(wanted)) {
            if (wanted != path.at(i)) return std::nullopt;
        } else {
            if (path.at(i).empty()) return std::nullopt;
            params.emplace(wanted.substr(1, wanted.size() - 2), decodeUri(path.at(i)));
        }
    }
    return params;
}

void allow(std::vector<std::string>& methods, const std::string& method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
}

Handler atOnce(Router::AnswerNow answer) {
    return [answer = std::move(answer)](const Request& request, const Responder& respond) {
        respond(answer(request));
    };
}

} // namespace

void Router::get(std::string pattern, Needs needs, AnswerNow answer) {
    add({"GET", std::move(pattern), needs, {}, atOnce(std::move(answer))});
}

void Router::del(std::string pattern, Needs needs, AnswerNow answer) {
    add({"DELETE", std::move(pattern), needs, {}, atOnce(std::move(answer))});
}

void Router::options(std::string pattern, AnswerNow answer) {
    add({"OPTIONS", std::move(pattern), Access::open, {}, atOnce(std::move(answer))});
}

void Router::post(std::string pattern, Needs needs, std::string bodyType, AnswerNow answer) {
    add({"POST", std::move(pattern), needs, std::move(bodyType), atOnce(std::move(answer))});
}

void Router::patch(std::string pattern, Needs needs, std::string bodyType, AnswerNow answer) {
    add({"PATCH", std::move(pattern), needs, std::move(bodyType), atOnce(std::move(answer))});
}

void Router::add(Route route) {
    routes_.push_back(std::move(route));
}

Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    const auto asked = segments(path);
    for (const Route& route : routes_) {
        auto params = matchPath(segments(route.pattern), asked);
        if (!params) continue;
        if (match.path == nullptr) match.path = &route;
        allow(match.allowed, route.method);
        if (route.method == "GET") allow(match.allowed, "HEAD");
        if (match.route == nullptr &&
            (route.method == method || (route.method == "GET" && method == "HEAD"))) {
            match.route = &route;
            match.params = std::move(*params);
        }
    }
    if (match.path != nullptr) allow(match.allowed, "OPTIONS");
    return match;
}

std::string joinMethods(const std::vector<std::string>& methods) {
    std::string text;
    for (const auto& method : methods)
        text += (text.empty() ? "" : ", ") + method;
    return text;
}

} // namespace spillway::daemon::http
