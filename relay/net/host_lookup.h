// The address of a host, found without making anybody wait: a number at once, a name on a thread that lives
// as long as the resolver needs. A name is looked up again every minute, and sooner when its address is in
// doubt; the address stays while the name still has it, and while the resolver fails. Before the first answer
// a failure is tried again with the pauses of Retry. One thread at a time. Not by GResolver: an output loop
// has no GMainContext that could bring the answer.
#pragma once

#include "relay/base/clock.h"
#include "relay/base/retry.h"
#include "relay/net/socket_address.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

class HostLookup {
  public:
    /// May block. Throws std::runtime_error naming the host; else there is at least one.
    using Resolve = std::function<std::vector<SocketAddress>(const std::string& host)>;

    explicit HostLookup(std::string host, Resolve resolve = SocketAddress::lookUp);

    /// Nothing while it is not known (yet): problem() says why.
    const std::optional<SocketAddress>& address(Clock::time_point now);
    /// Nobody listens there: the name is looked up again as soon as 5 s have passed since the last time.
    void doubt(Clock::time_point now);
    const std::string& problem() const { return problem_; }

  private:
    struct Answer;
    void start(Clock::time_point now);
    void ask();
    void collect(Clock::time_point now);
    void failed(const std::string& problem, Clock::time_point now);
    void found(const std::vector<SocketAddress>& addresses);

    std::string host_;
    Resolve resolve_;
    bool isName_ = false;
    std::optional<SocketAddress> address_;
    std::string problem_;
    std::shared_ptr<Answer> pending_; ///< shared with the thread that asks
    Retry retry_;                     ///< while no address is known
    Clock::time_point asked_;
    Clock::time_point next_; ///< when to ask again, while an address is known
};

} // namespace spillway::relay
