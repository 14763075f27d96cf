// Who is behind an address: for limits that hold for each client, and for what may be reached outside. Pure,
// any thread.
#pragma once

#include <string>

namespace spillway::daemon::http {

/// An IPv4 address itself, also where IPv6 carries it; of any other IPv6 address its network of 64 bits, all
/// of which one client has (RFC 6177 section 2, RFC 8981). What is no address (`unix`) stands for itself.
std::string clientOf(const std::string& host);

/// Whether this address can be one of somebody outside: none of a special purpose (RFC 6890) but those for
/// documentation, also where IPv6 carries one of IPv4. False for what is no address.
bool isPublic(const std::string& host);

} // namespace spillway::daemon::http
