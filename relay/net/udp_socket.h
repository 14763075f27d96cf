// A UDP socket that is connected to one address and never blocks.
#pragma once

#include "relay/base/descriptor.h"
#include "relay/net/socket_address.h"

#include <sys/uio.h>

#include <cstddef>

namespace spillway::relay {

class UdpSocket {
  public:
    /// Throws std::runtime_error naming the address.
    explicit UdpSocket(const SocketAddress& remote);

    /// One datagram of these parts. 0, or the errno of what kept it from being sent (EAGAIN, ENOBUFS …).
    int send(iovec* parts, std::size_t count);
    int send(const void* data, std::size_t bytes);
    /// Since the last call: did the host say that nobody listens there? Datagrams are sent all the same.
    bool takeRefused();
    /// The same, asking the kernel what it knows by now.
    bool askRefused();

  private:
    Descriptor socket_;
    bool refused_ = false;
};

} // namespace spillway::relay
