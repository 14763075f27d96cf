// Which addresses of this node others can send to. Not by libnice's nice_interfaces_get_local_ips(), which
// leaves out scopes and whether an interface is up.
#pragma once

#include "relay/net/socket_address.h"

#include <vector>

namespace spillway::relay::port {

/// Announced addresses with their ports; those without one have those of the sockets of their family. Pure.
std::vector<SocketAddress> announcedAddresses(const std::vector<SocketAddress>& bound,
                                              const std::vector<SocketAddress>& announced);
/// Each bound address, a wildcard standing for all addresses of the machine's interfaces (loopback only when
/// there is no other, link-local IPv6 only when there is not even that). Pure.
std::vector<SocketAddress> ownAddresses(const std::vector<SocketAddress>& bound,
                                        const std::vector<SocketAddress>& interfaces);
/// Adds an address unless it is there.
void addOnce(std::vector<SocketAddress>& addresses, const SocketAddress& address);
/// Of the interfaces that are up, with port 0. Main loop.
std::vector<SocketAddress> interfaceAddresses();

} // namespace spillway::relay::port
