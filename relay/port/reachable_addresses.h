// Which addresses of this node others can send to. Not by libnice's nice_interfaces_get_local_ips(), which
// leaves out scopes and whether an interface is up.
#pragma once

#include "relay/net/socket_address.h"

#include <vector>

namespace spillway::relay::port {

/// The addresses that others can reach this node at, for candidates: `announced` if there are any, else
/// each bound address, a wildcard standing for all addresses of the machine's interfaces that are up
/// (loopback only when there is no other, link-local IPv6 only when there is not even that). Announced ones
/// without a port have those of the sockets of their family. Main loop.
std::vector<SocketAddress> reachableAddresses(const std::vector<SocketAddress>& bound,
                                              const std::vector<SocketAddress>& announced);
/// The same with given addresses of interfaces. Pure.
std::vector<SocketAddress> reachableAddresses(const std::vector<SocketAddress>& bound,
                                              const std::vector<SocketAddress>& announced,
                                              const std::vector<SocketAddress>& interfaces);
/// Of the interfaces that are up, with port 0. Main loop.
std::vector<SocketAddress> interfaceAddresses();

} // namespace spillway::relay::port
