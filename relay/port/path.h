// The way between this node and a remote: which of our sockets or TCP connections, which of our addresses,
// which of theirs. A value; any thread.
#pragma once

#include "relay/net/socket_address.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace spillway::relay::port {

struct Path {
    /// Numbers from here on are TCP connections. None gets the number of one that is open.
    static constexpr std::uint32_t firstConnection = 1U << 16U;

    SocketAddress remote;
    SocketAddress local;      ///< where the datagram was sent to: what our replies must come from
    std::uint32_t socket = 0; ///< of the thread's UDP sockets, or the TCP connection

    bool isTcp() const { return socket >= firstConnection; }
    /// Of the remote, for people.
    std::string text() const { return remote.text() + (isTcp() ? "/tcp" : ""); }

    bool operator==(const Path&) const = default;
};

struct PathHash {
    std::size_t operator()(const Path& path) const {
        return path.remote.hash() * 31 + path.local.hash() * 7 + path.socket;
    }
};

} // namespace spillway::relay::port
