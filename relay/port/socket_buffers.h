// The kernel's buffers of a UDP socket. Any thread.
#pragma once

#include <chrono>
#include <string>

namespace spillway::relay::port {

/// Asks for buffers of so many bytes, in and out; beyond the machine's limits with `force`, if we may
/// (CAP_NET_ADMIN). What to say to the operator when the kernel gave less: names the sysctl and the value;
/// else empty.
std::string setSocketBuffers(int socket, int bytes, bool force);

/// How long the receive buffer holds what comes at a gigabit per second.
std::chrono::milliseconds holdingTime(int socket);

} // namespace spillway::relay::port
