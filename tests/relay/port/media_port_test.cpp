#include "relay/port/media_port.h"

#include "support/catch.h"
#include "support/settings.h"

#include <sstream>
#include <string>
#include <vector>

using namespace spillway;
using namespace spillway::relay::port;
using spillway::test::listenAt;

namespace {

using Texts = std::vector<std::string>;

/// What a candidate offers, and the local preference in its priority (RFC 8445 section 5.1.2.1).
struct Offered {
    std::string address;
    std::uint32_t preference = 0;
};

std::vector<Offered> offered(const config::WebrtcSettings& settings) {
    std::vector<Offered> all;
    for (const auto& text : MediaPort(settings).candidates()) {
        std::istringstream candidate(text);
        std::string foundation, component, protocol, host, port;
        std::uint32_t priority = 0;
        candidate >> foundation >> component >> protocol >> priority >> host >> port;
        CHECK(priority >> 24U == 126);
        all.push_back({host + " " + port, priority >> 8U & 0xFFFFU});
    }
    return all;
}

Texts addresses(const std::vector<Offered>& candidates) {
    Texts texts;
    for (const auto& candidate : candidates)
        texts.push_back(candidate.address);
    return texts;
}

} // namespace

TEST_CASE("what is announced is offered in place of our own addresses") {
    auto settings = listenAt("127.0.0.1:9000");
    CHECK(addresses(offered(settings)) == Texts{"127.0.0.1 9000"});
    settings.announce = {{"203.0.113.7", 30189}, {"203.0.113.7", {}}, {"2001:db8::7", 30189}};
    CHECK(addresses(offered(settings)) ==
          Texts{"203.0.113.7 30189", "203.0.113.7 9000", "2001:db8::7 30189"});
}

TEST_CASE("our own addresses are offered too where that is said, once and as second best") {
    auto settings = listenAt("127.0.0.1:9000");
    settings.announce = {{"203.0.113.7", {}}, {"203.0.113.8", {}}};
    settings.announceLocal = true;
    const auto candidates = offered(settings);
    REQUIRE(addresses(candidates) == Texts{"203.0.113.7 9000", "203.0.113.8 9000", "127.0.0.1 9000"});
    CHECK(candidates[0].preference > candidates[1].preference);
    CHECK(candidates[1].preference > candidates[2].preference);
    settings.announce = {{"127.0.0.1", {}}};
    CHECK(addresses(offered(settings)) == Texts{"127.0.0.1 9000"});
}

TEST_CASE("while a name is not known our own addresses do not stand for it, unless that is said") {
    auto settings = listenAt("127.0.0.1:9000");
    settings.announce = {{"gw.example.org", {}}};
    CHECK(MediaPort(settings).reachable().empty());
    settings.announceLocal = true;
    CHECK(addresses(offered(settings)) == Texts{"127.0.0.1 9000"});
}

TEST_CASE("no more candidates are offered than a browser checks") {
    auto settings = listenAt("127.0.0.1:9000");
    settings.listen.clear();
    for (int port = 1; port <= 5; ++port)
        settings.listen.push_back(config::ListenAddress::parseUdp("127.0.0.1:" + std::to_string(port)));
    for (int host = 1; host <= 16; ++host)
        settings.announce.push_back({"203.0.113." + std::to_string(host), {}});
    CHECK(MediaPort(settings).reachable().size() == 80);
    CHECK(offered(settings).size() == MediaPort::mostCandidates);
}
