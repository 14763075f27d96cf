// Datagrams of sessions of this thread that the kernel gave to another one's socket. Bounded: what is too
// much is dropped, as a full socket buffer would.
//
// Comes in: datagrams from any thread. Goes out: the same on the reactor's thread, in order. Owner: a
// SessionOwner, which stops the reactor before this goes.
#pragma once

#include "relay/base/bytes.h"
#include "relay/port/path.h"
#include "relay/port/reactor.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace spillway::relay::port {

class Mailbox {
  public:
    /// Far more than comes in one turn.
    static constexpr int most = 2048;

    Mailbox(Reactor& reactor, std::function<void(MutableBytes, const Path&)> onDatagram)
        : reactor_(reactor)
        , onDatagram_(std::move(onDatagram)) {}
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Any thread.
    void add(Bytes datagram, const Path& path) {
        if (waiting_.fetch_add(1) >= most) {
            waiting_.fetch_sub(1);
            return;
        }
        reactor_.post(
            [this, copy = std::vector<std::uint8_t>(datagram.begin(), datagram.end()), path]() mutable {
                waiting_.fetch_sub(1);
                onDatagram_(copy, path);
            });
    }

  private:
    Reactor& reactor_;
    const std::function<void(MutableBytes, const Path&)> onDatagram_;
    std::atomic<int> waiting_{0};
};

} // namespace spillway::relay::port
