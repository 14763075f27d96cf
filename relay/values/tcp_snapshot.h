// What the port's TCP connections were and are. Values; any thread.
#pragma once

#include <array>
#include <cstdint>

namespace spillway::relay {

/// Why a connection was closed.
enum class TcpClosed {
    peer,     ///< the remote closed or reset it
    over,     ///< its session has ended
    noCheck,  ///< it brought no check that a session accepted, in time
    stranger, ///< it said something else before such a check
    tooLong,  ///< a frame longer than any datagram
    evicted,  ///< the oldest of too many
    full,     ///< there is no room for more
    blocked,  ///< it took nothing for too long
    silent,   ///< nothing came for too long
};
inline constexpr std::size_t tcpClosedReasons = static_cast<std::size_t>(TcpClosed::silent) + 1;
inline constexpr std::array<const char*, tcpClosedReasons> tcpClosedNames{
    "peer", "over", "no_check", "stranger", "frame_too_long", "evicted", "full", "blocked", "silent"};

struct TcpSnapshot {
    std::uint32_t pending = 0; ///< have brought no check that a session accepted
    std::uint32_t open = 0;
    std::array<std::uint64_t, tcpClosedReasons> closed{};
};

} // namespace spillway::relay
