#include "daemon/http/request_counts.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace spillway::daemon::http {

namespace {

std::string knownMethod(const std::string& method) {
    static constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                           "PATCH", "DELETE", "OPTIONS"};
    return std::find(known.begin(), known.end(), method) == known.end() ? "other" : method;
}

} // namespace

void RequestCounts::add(const std::string& route, const std::string& method, unsigned status) {
    ++counts_[{route, knownMethod(method), status}];
}

} // namespace spillway::daemon::http
