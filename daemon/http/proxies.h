// Who is behind the proxies that the configuration trusts.
//
// Comes in: the head of a request and who sent it. Goes out: the address of the client, by `X-Forwarded-For`
// or `Forwarded` (RFC 7239): the last one there that is no trusted proxy itself, since what stands before it
// may be the client's own invention. Pure, loop thread.
#pragma once

#include "config/network.h"
#include "daemon/http/message.h"

#include <string>
#include <vector>

namespace spillway::daemon::http {

class Proxies {
  public:
    explicit Proxies(std::vector<config::Network> trusted)
        : trusted_(std::move(trusted)) {}

    bool trusts(const std::string& remote) const { return config::isIn(trusted_, remote); }

    /// `remote` is the address that the request came from, without a port; it stands for itself where it is
    /// not trusted, says nothing, no address, or two that differ.
    std::string clientOf(const Request& head, const std::string& remote) const;

  private:
    std::string lastUntrusted(const std::vector<std::string>& hops) const;

    std::vector<config::Network> trusted_;
};

} // namespace spillway::daemon::http
