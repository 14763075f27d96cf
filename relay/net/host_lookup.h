// The address of a host, found without making anybody wait: a number at once, a name on a thread that lives
// as long as the resolver needs. Found once; after a failure tried again with the pauses of Retry. One thread
// at a time. Not by GResolver: an output loop has no GMainContext that could bring the answer.
#pragma once

#include "relay/base/retry.h"
#include "relay/net/socket_address.h"

#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

class HostLookup {
  public:
    explicit HostLookup(std::string host);

    /// Nothing while it is not known (yet): problem() says why.
    const std::optional<SocketAddress>& address();
    const std::string& problem() const { return problem_; }

  private:
    struct Answer;
    void start();
    void collect();

    std::string host_;
    std::optional<SocketAddress> address_;
    std::string problem_;
    std::shared_ptr<Answer> pending_; ///< shared with the thread that asks
    Retry retry_;
};

} // namespace spillway::relay
