// One UDP socket of a thread: bound, non-blocking, shared with other threads by SO_REUSEPORT, with buffers of
// the size asked for or words about why not. That thread, but for construction.
#pragma once

#include "relay/base/descriptor.h"
#include "relay/net/socket_address.h"
#include "relay/port/sockets.h"

#include <cstdint>
#include <string>

namespace spillway::relay::port {

class BoundSocket {
  public:
    /// Throws std::runtime_error naming the address.
    BoundSocket(const SocketAddress& address, const SocketOptions& options);

    int descriptor() const { return socket_.get(); }
    /// With the port that the kernel chose, if it had to.
    const SocketAddress& address() const { return address_; }
    /// Whether the kernel is told, and says, which of our addresses a datagram uses.
    bool isWildcard() const { return wildcard_; }
    /// Whether the kernel knows UDP_SEGMENT (Linux 4.18). It may still fail on some way out.
    bool canSegment() const;
    /// Datagrams that the kernel dropped because the receive buffer was full. Any thread.
    std::uint32_t drops() const;
    const std::string& bufferWarning() const { return bufferWarning_; }

  private:
    void bindTo(const SocketAddress& address);

    Descriptor socket_;
    SocketAddress address_;
    bool wildcard_ = false;
    std::string bufferWarning_;
};

} // namespace spillway::relay::port
