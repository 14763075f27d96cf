#include "relay/port/reachable_addresses.h"

#include "support/catch.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;

namespace {

std::vector<SocketAddress> all(const std::vector<std::string>& hosts, std::uint16_t port) {
    std::vector<SocketAddress> addresses;
    for (const auto& host : hosts)
        addresses.push_back(SocketAddress::parse(host).value().withPort(port));
    return addresses;
}

using Texts = std::vector<std::string>;

Texts textsOf(const std::vector<SocketAddress>& addresses) {
    Texts texts;
    for (const auto& address : addresses)
        texts.push_back(address.text());
    return texts;
}

Texts own(const std::vector<SocketAddress>& bound, const Texts& interfaces) {
    return textsOf(ownAddresses(bound, all(interfaces, 0)));
}

Texts announced(const std::vector<SocketAddress>& bound, const std::vector<SocketAddress>& addresses) {
    return textsOf(announcedAddresses(bound, addresses));
}

const Texts machine{"127.0.0.1", "192.0.2.7", "198.51.100.1", "::1", "fe80::1", "2001:db8::5"};

} // namespace

TEST_CASE("a wildcard stands for the addresses of its family that others can use") {
    CHECK(own(all({"0.0.0.0"}, 9000), machine) == Texts{"192.0.2.7:9000", "198.51.100.1:9000"});
    CHECK(own(all({"::"}, 9000), machine) == Texts{"[2001:db8::5]:9000"});
    CHECK(own(all({"0.0.0.0", "::"}, 9000), machine) ==
          Texts{"192.0.2.7:9000", "198.51.100.1:9000", "[2001:db8::5]:9000"});
}

TEST_CASE(
    "loopback is told when there is no other address, and link-local IPv6 when there is not even that") {
    CHECK(own(all({"0.0.0.0", "::"}, 9000), {"127.0.0.1", "::1", "fe80::1"}) ==
          Texts{"127.0.0.1:9000", "[::1]:9000"});
    CHECK(own(all({"0.0.0.0", "::"}, 9000), {"127.0.0.1", "192.0.2.7", "::1", "fe80::1"}) ==
          Texts{"192.0.2.7:9000"});
    CHECK(own(all({"::"}, 9000), {"127.0.0.1", "fe80::1"}) == Texts{"[fe80::1]:9000"});
    CHECK(own(all({"0.0.0.0"}, 9000), {"127.0.0.1", "169.254.3.4"}) == Texts{"169.254.3.4:9000"});
}

TEST_CASE("a bound address is told whatever it is, and once") {
    CHECK(own(all({"127.0.0.1", "::"}, 9000), machine) == Texts{"127.0.0.1:9000", "[2001:db8::5]:9000"});
    CHECK(own(all({"192.0.2.7", "0.0.0.0"}, 9000), machine) == Texts{"192.0.2.7:9000", "198.51.100.1:9000"});
}

TEST_CASE("what is announced is told with our ports unless it has one") {
    auto bound = all({"0.0.0.0", "::"}, 9000);
    CHECK(announced(bound, all({"203.0.113.9"}, 0)) == Texts{"203.0.113.9:9000"});
    CHECK(announced(bound, all({"203.0.113.9", "2001:db8::9"}, 40000)) ==
          Texts{"203.0.113.9:40000", "[2001:db8::9]:40000"});
    CHECK(announced(all({"0.0.0.0"}, 9000), all({"2001:db8::9"}, 0)).empty());
    CHECK(announced(all({"0.0.0.0"}, 9000), all({"2001:db8::9"}, 40000)) == Texts{"[2001:db8::9]:40000"});
    bound.push_back(bound.front().withPort(9001));
    CHECK(announced(bound, all({"203.0.113.9"}, 0)) == Texts{"203.0.113.9:9000", "203.0.113.9:9001"});
}

TEST_CASE("the interfaces that are up have the loopback address, without ports and scopes") {
    const auto found = interfaceAddresses();
    CHECK(std::find(found.begin(), found.end(), SocketAddress::parse("127.0.0.1").value()) != found.end());
    for (const auto& address : found) {
        CHECK(address.port() == 0);
        CHECK((address.family() == AF_INET || address.v6().sin6_scope_id == 0));
    }
    CHECK_FALSE(ownAddresses(all({"0.0.0.0"}, 9000), found).empty());
}
