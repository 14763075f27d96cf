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

Texts reachable(const std::vector<SocketAddress>& bound, const std::vector<SocketAddress>& announced,
                const Texts& interfaces) {
    Texts texts;
    for (const auto& address : reachableAddresses(bound, announced, all(interfaces, 0)))
        texts.push_back(address.text());
    return texts;
}

const Texts machine{"127.0.0.1", "192.0.2.7", "198.51.100.1", "::1", "fe80::1", "2001:db8::5"};

} // namespace

TEST_CASE("a wildcard stands for the addresses of its family that others can use") {
    CHECK(reachable(all({"0.0.0.0"}, 9000), {}, machine) == Texts{"192.0.2.7:9000", "198.51.100.1:9000"});
    CHECK(reachable(all({"::"}, 9000), {}, machine) == Texts{"[2001:db8::5]:9000"});
    CHECK(reachable(all({"0.0.0.0", "::"}, 9000), {}, machine) ==
          Texts{"192.0.2.7:9000", "198.51.100.1:9000", "[2001:db8::5]:9000"});
}

TEST_CASE(
    "loopback is told when there is no other address, and link-local IPv6 when there is not even that") {
    CHECK(reachable(all({"0.0.0.0", "::"}, 9000), {}, {"127.0.0.1", "::1", "fe80::1"}) ==
          Texts{"127.0.0.1:9000", "[::1]:9000"});
    CHECK(reachable(all({"0.0.0.0", "::"}, 9000), {}, {"127.0.0.1", "192.0.2.7", "::1", "fe80::1"}) ==
          Texts{"192.0.2.7:9000"});
    CHECK(reachable(all({"::"}, 9000), {}, {"127.0.0.1", "fe80::1"}) == Texts{"[fe80::1]:9000"});
    CHECK(reachable(all({"0.0.0.0"}, 9000), {}, {"127.0.0.1", "169.254.3.4"}) == Texts{"169.254.3.4:9000"});
}

TEST_CASE("a bound address is told whatever it is, and once") {
    CHECK(reachable(all({"127.0.0.1", "::"}, 9000), {}, machine) ==
          Texts{"127.0.0.1:9000", "[2001:db8::5]:9000"});
    CHECK(reachable(all({"192.0.2.7", "0.0.0.0"}, 9000), {}, machine) ==
          Texts{"192.0.2.7:9000", "198.51.100.1:9000"});
}

TEST_CASE("what is announced is all that is told, with our port unless it has one") {
    const auto bound = all({"0.0.0.0", "::"}, 9000);
    CHECK(reachable(bound, all({"203.0.113.9"}, 0), machine) == Texts{"203.0.113.9:9000"});
    CHECK(reachable(bound, all({"203.0.113.9", "2001:db8::9"}, 40000), machine) ==
          Texts{"203.0.113.9:40000", "[2001:db8::9]:40000"});
    CHECK(reachable(all({"0.0.0.0"}, 9000), all({"2001:db8::9"}, 0), machine).empty());
}

TEST_CASE("the interfaces that are up have the loopback address, without ports and scopes") {
    const auto found = interfaceAddresses();
    CHECK(std::find(found.begin(), found.end(), SocketAddress::parse("127.0.0.1").value()) != found.end());
    for (const auto& address : found) {
        CHECK(address.port() == 0);
        CHECK((address.family() == AF_INET || address.v6().sin6_scope_id == 0));
    }
    CHECK_FALSE(reachableAddresses(all({"0.0.0.0"}, 9000), {}).empty());
}
