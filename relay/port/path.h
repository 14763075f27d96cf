// The way between this node and a remote: which of our sockets, which of our addresses, which of theirs. A
// value; any thread.
#pragma once

#include "relay/net/socket_address.h"

#include <cstddef>
#include <cstdint>

namespace spillway::relay::port {

struct Path {
    SocketAddress remote;
    SocketAddress local;      ///< where the datagram was sent to: what our replies must come from
    std::uint16_t socket = 0; ///< of the worker's sockets

    bool operator==(const Path&) const = default;
};

struct PathHash {
    std::size_t operator()(const Path& path) const {
        return path.remote.hash() * 31 + path.local.hash() * 7 + path.socket;
    }
};

} // namespace spillway::relay::port
