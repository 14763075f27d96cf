// The UDP port of this node, as one thread sees it (a worker's, or that of the publishers): one socket for
// each listening address, shared with the other threads by SO_REUSEPORT.
//
// Comes in: datagrams, read many at a time (recvmmsg), each with the path that it came by (IP_PKTINFO where
// the socket is bound to a wildcard). Goes out: datagrams by a path; what goes to the same path in one burst
// and has the same size (but for the last, which may be shorter) leaves in one system call (UDP GSO, udp(7)
// UDP_SEGMENT) where the kernel can, else by sendmmsg. Where it cannot depends on the way out too (a small
// path MTU, IPsec, a driver): after a failure segments rest for some bursts, more each time, and are tried
// again, so that one path does not decide for all. Nothing blocks: what the kernel does not take is
// lost and counted. A path by TCP leads to its connection (tcp_connection.h) instead. Owner and
// thread: the one that it serves, but for construction.
#pragma once

#include "relay/base/clock.h"
#include "relay/base/descriptor.h"
#include "relay/port/demux.h"
#include "relay/port/path.h"
#include "relay/port/stun_message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::port {

class TcpConnections;

struct SocketCounters {
    std::uint64_t sentPackets = 0;
    std::uint64_t sentBytes = 0;
    std::uint64_t sendCalls = 0;
    std::uint64_t sendErrors = 0; ///< packets that the kernel did not take
    std::uint64_t receivedPackets = 0;
};

struct SocketOptions {
    /// Bytes asked of the kernel for each socket, in and out.
    int bufferBytes = 4 * 1024 * 1024;
    bool forceBuffers = true; ///< beyond the machine's limits, if we may (CAP_NET_ADMIN)
    bool segments = true;     ///< UDP GSO where it works
    /// Fails when anybody has one of the ports: SO_REUSEPORT alone would share it in silence with another
    /// process of the same user (and of port 0 may choose one that is shared so). For the first thread.
    bool exclusive = false;
    /// RTP and SRTP for any of the sockets that share a port comes to this one, which is the first to bind;
    /// what else there is goes by address, as without. Where the kernel refuses, all goes by address.
    bool takesRtp = false;
};

class Sockets {
  public:
    static constexpr std::size_t maxDatagram = 1500; ///< longer ones are not handed out: nobody needs them
    /// Bytes of a packet in a burst: as long as a publisher's can be, with our header and SRTP's trailer.
    static constexpr std::size_t maxPacket = 2048;

    /// Binds. With port 0 in the first thread's addresses, boundAddresses() says which to the others. `tcp`
    /// outlives it; without it there are no paths by TCP. Throws std::runtime_error naming the address.
    explicit Sockets(const std::vector<SocketAddress>& addresses, const SocketOptions& options = {},
                     const TcpConnections* tcp = nullptr);
    ~Sockets();
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;

    std::vector<SocketAddress> boundAddresses() const;
    /// What to say to the operator when the kernel gave smaller buffers than asked for: names the sysctl and
    /// the value; empty when all is well.
    const std::string& bufferWarning() const;

    /// For epoll.
    std::vector<int> descriptors() const;
    /// Reads what waits at one of them, at most `max` datagrams; how many. The bytes are valid during the
    /// call and may be written to (SRTCP is decrypted in place). `each` may send, but not receive.
    std::size_t receive(std::size_t socket, std::size_t max,
                        const std::function<void(MutableBytes, const Path&)>& each);

    /// One datagram, at once.
    void send(const Path& path, Bytes datagram);
    /// The same on any thread; not counted.
    void sendAlone(const Path& path, Bytes datagram) const;

    /// A burst, to one path or many: packets are written one behind the other into room() and added; to()
    /// says where those go that were added since the last to(); flush() sends all, those of one socket in one
    /// call. room() has space for `bytes`, at most maxPacket, or is empty: then to() and flush() first.
    /// Adding 0 bytes is adding nothing.
    MutableBytes room(std::size_t bytes);
    void add(std::size_t bytes);
    void to(const Path& path);
    void flush();
    void flush(const Path& path) {
        to(path);
        flush();
    }

    /// Since when a path takes nothing of what is sent by it: for ever when its connection is closed. None
    /// while it takes all; so UDP does.
    std::optional<Clock::time_point> blockedSince(const Path& path) const;
    /// A session accepted a check that came by it. Nothing to UDP.
    void admit(const Path& path, SessionTag session) const;

    SocketCounters counters() const;
    /// Datagrams that the kernel dropped because nobody read them in time. Any thread.
    std::uint64_t drops() const;
    bool segments() const; ///< whether UDP GSO is in use for the next burst

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay::port
