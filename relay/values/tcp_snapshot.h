// What the port's TCP connections were and are. Values; any thread.
#pragma once

#include <array>
#include <cstdint>

namespace spillway::relay {

/// Why a connection was closed.
enum class TcpClosed {
    peer,     ///< the remote closed or reset it
    over,     ///< its session has ended
    noCheck,  ///< no session accepted a check that came by it, in time
    stranger, ///< before such a check it said something else
    tooLong,  ///< a frame that no datagram is as long as
    evicted,  ///< the oldest of too many
    full,     ///< there is room for no more
    blocked,  ///< it took nothing for too long
    silent,   ///< nothing came for too long
};
inline constexpr std::size_t tcpClosedReasons = static_cast<std::size_t>(TcpClosed::silent) + 1;
inline constexpr std::array<const char*, tcpClosedReasons> tcpClosedNames{
    "peer", "over", "no_check", "stranger", "frame_too_long", "evicted", "full", "blocked", "silent"};

struct TcpSnapshot {
    std::uint32_t pending = 0; ///< no session has accepted a check that came by it
    std::uint32_t open = 0;
    std::array<std::uint64_t, tcpClosedReasons> closed{};
};

} // namespace spillway::relay
