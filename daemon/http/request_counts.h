// How many requests were answered, by route pattern, method and status: bounded, because what clients make up
// (paths, methods) is counted as `other`. Loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace spillway::daemon::http {

struct RequestKey {
    std::string route;  ///< the pattern, `other` for unknown paths
    std::string method; ///< `other` for methods that RFC 9110 and RFC 5789 do not name
    unsigned status;

    bool operator<(const RequestKey& other) const {
        return std::tie(route, method, status) < std::tie(other.route, other.method, other.status);
    }
};

class RequestCounts {
  public:
    void add(const std::string& route, const std::string& method, unsigned status);
    const std::map<RequestKey, std::uint64_t>& all() const { return counts_; }

  private:
    std::map<RequestKey, std::uint64_t> counts_;
};

} // namespace spillway::daemon::http
