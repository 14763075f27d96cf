// Cross-origin rules (Fetch standard): which web pages may read our answers. Loop thread.
#pragma once

#include "daemon/http/message.h"

namespace spillway::daemon::http {

class Cors {
  public:
    explicit Cors(std::vector<std::string> origins)
        : origins_(std::move(origins)) {}

    /// Adds what lets the page that asked read this answer; nothing for origins that are not allowed.
    void addTo(Response& response, const Request& request) const;
    /// The answer to a preflight, without regard to tokens: browsers send none with it.
    Response preflight(const std::string& allowedMethods) const;

    static bool isPreflight(const Request& request);

  private:
    bool allows(const std::string& origin) const;

    std::vector<std::string> origins_;
};

} // namespace spillway::daemon::http
