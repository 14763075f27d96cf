#include "relay/ingest/choice.h"

#include "support/catch.h"

using namespace spillway;
using namespace spillway::relay;
using config::PublisherIce;

namespace {

std::vector<SocketAddress> at(const char* address) {
    return {SocketAddress::parse(address)->withPort(8189)};
}

config::WebrtcSettings withServers() {
    config::WebrtcSettings settings;
    settings.iceServers = {{"stun:stun.example.org", {}, {}}};
    return settings;
}

} // namespace

TEST_CASE("publishers come in by the port unless only an ICE server makes the node reachable") {
    const config::WebrtcSettings plain;
    CHECK(ingest::chooseIce(plain, at("192.168.1.2")).lite);
    CHECK(ingest::chooseIce(plain, at("192.168.1.2")).why == "there are no webrtc.ice_servers");

    config::WebrtcSettings settings = withServers();
    for (const char* address : {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.2", "100.64.0.1",
                                "127.0.0.1", "169.254.1.1", "fd00::1", "::1", "fe80::1"}) {
        INFO(address);
        CHECK_FALSE(ingest::chooseIce(settings, at(address)).lite);
    }
    for (const char* address : {"203.0.113.7", "172.32.0.1", "100.128.0.1", "11.0.0.1", "2001:db8::1"}) {
        INFO(address);
        CHECK(ingest::chooseIce(settings, at(address)).why == "an address is public");
    }
    settings.announce = {{"gw.example.org", 30189}};
    CHECK(ingest::chooseIce(settings, at("10.1.2.3")).lite);
}

TEST_CASE("how publishers come in can be said, but not by a port that is not there") {
    config::WebrtcSettings settings = withServers();
    settings.publishers = PublisherIce::lite;
    CHECK(ingest::chooseIce(settings, at("10.1.2.3")).lite);
    settings.publishers = PublisherIce::full;
    CHECK_FALSE(ingest::chooseIce(settings, at("203.0.113.7")).lite);
    settings = {};
    settings.listen.clear();
    CHECK_FALSE(ingest::chooseIce(settings, {}).lite);
    CHECK(ingest::chooseIce(settings, {}).why == "webrtc.listen and webrtc.listen_tcp are empty");
    settings.listenTcp = {config::ListenAddress::parseUdp("0.0.0.0:8189")};
    CHECK(ingest::chooseIce(settings, {}).lite);
}
