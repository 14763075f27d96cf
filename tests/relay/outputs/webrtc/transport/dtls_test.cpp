#include "relay/outputs/webrtc/transport/dtls.h"

#include "relay/outputs/webrtc/transport/dtls_client.h"
#include "support/catch.h"
#include "support/wait.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <random>
#include <thread>

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using test::Datagram;
using test::DtlsClient;
using State = DtlsServer::State;

namespace {

const DtlsContext& context() {
    static const DtlsContext one(dtls::ourIdentity());
    return one;
}

/// A server and a client with two wires in between that can lose datagrams.
struct Pair {
    explicit Pair(const DtlsClient::Settings& settings = {})
        : Pair(settings, [](const DtlsClient& its) { return its.fingerprint(); }) {}
    Pair(const DtlsClient::Settings& settings,
         const std::function<sdp::Fingerprint(const DtlsClient&)>& expected)
        : client(settings)
        , server(context(), expected(client), [this](Bytes datagram) {
            toClient.emplace_back(datagram.begin(), datagram.end());
            longest = std::max(longest, datagram.size());
        }) {}

    void send(const std::vector<Datagram>& datagrams) {
        toServer.insert(toServer.end(), datagrams.begin(), datagrams.end());
    }
    /// Until nothing is under way any more.
    void exchange() {
        while (!toServer.empty() || !toClient.empty()) {
            if (!toServer.empty()) {
                const Datagram datagram = std::move(toServer.front());
                toServer.pop_front();
                if (!loses(clientSent++, true)) server.receive(datagram);
            } else {
                const Datagram datagram = std::move(toClient.front());
                toClient.pop_front();
                if (!loses(serverSent++, false)) send(client.receive(datagram));
            }
        }
    }
    bool over() const { return client.connected() && server.state() == State::connected; }
    /// With both sides' timers, until both are connected.
    void connect() {
        send(client.start());
        exchange();
        const auto deadline = Clock::now() + std::chrono::seconds(20);
        while (!over() && Clock::now() < deadline && server.state() != State::failed && !client.failed()) {
            spillway::test::pauseFor(std::chrono::milliseconds(5));
            const auto now = Clock::now();
            if (const auto due = server.timeout(now); due && *due <= now) server.onTimeout();
            if (!client.connected()) send(client.onTimeout());
            exchange();
        }
    }

    std::deque<Datagram> toServer;
    std::deque<Datagram> toClient;
    std::size_t clientSent = 0;
    std::size_t serverSent = 0;
    std::size_t longest = 0;
    std::function<bool(std::size_t, bool)> loses = [](std::size_t, bool) { return false; };
    DtlsClient client;
    DtlsServer server;
};

void checkKeys(const Pair& pair) {
    const srtp::Keys wanted = pair.client.serverKeys();
    CHECK(pair.server.keys().profile == wanted.profile);
    CHECK(pair.server.keys().receive == wanted.receive);
    CHECK(pair.server.keys().send == wanted.send);
}

} // namespace

TEST_CASE("AES-GCM is preferred, wherever the viewer has it", "[dtls]") {
    const auto* profiles = GENERATE("SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80",
                                    "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM");
    DtlsClient::Settings settings;
    settings.profiles = profiles;
    Pair pair(settings);
    pair.connect();
    REQUIRE(pair.over());
    CHECK(pair.client.profile() == "SRTP_AEAD_AES_128_GCM");
    CHECK(pair.server.keys().profile == srtp::Profile::aeadAes128Gcm);
    checkKeys(pair);
    CHECK(pair.client.serverFingerprint() == dtls::ourIdentity().fingerprint());
    CHECK(pair.server.failure().empty());
    CHECK_FALSE(pair.client.resumable());
    CHECK_FALSE(pair.server.timeout(Clock::now()));
}

TEST_CASE("a viewer without AES-GCM gets AES-CM", "[dtls]") {
    DtlsClient::Settings settings;
    settings.profiles = "SRTP_AES128_CM_SHA1_80";
    Pair pair(settings);
    pair.connect();
    REQUIRE(pair.over());
    CHECK(pair.server.keys().profile == srtp::Profile::aes128CmSha1_80);
    checkKeys(pair);
}

TEST_CASE("no datagram we send is longer than the MTU", "[dtls]") {
    Pair pair;
    pair.connect();
    REQUIRE(pair.over());
    CHECK(pair.longest > 500); // a flight is packed
    CHECK(pair.longest <= DtlsServer::mtu);
}

TEST_CASE("fingerprints of SHA-384 and SHA-512 are compared too", "[dtls]") {
    const auto hash = GENERATE(sdp::Fingerprint::Hash::sha384, sdp::Fingerprint::Hash::sha512);
    Pair pair({}, [&](const DtlsClient& client) { return client.fingerprint(hash); });
    pair.connect();
    CHECK(pair.over());
}

TEST_CASE("another certificate than that of the offer fails, and both know", "[dtls]") {
    Pair pair({}, [](const DtlsClient& client) {
        auto print = client.fingerprint();
        print.digest.back() ^= 1U;
        return print;
    });
    pair.connect();
    CHECK(pair.server.state() == State::failed);
    CHECK(pair.server.failure() == "the certificate is not the one of the offer");
    CHECK(pair.server.keys().send.empty());
    CHECK(pair.client.failed());
    CHECK(pair.server.receive(Datagram(100, 22)) == State::failed);
    CHECK(pair.server.onTimeout() == State::failed);
    CHECK_FALSE(pair.server.timeout(Clock::now()));
}

TEST_CASE("a viewer without a certificate fails", "[dtls]") {
    DtlsClient::Settings settings;
    settings.hasCertificate = false;
    Pair pair(settings);
    pair.connect();
    CHECK(pair.server.state() == State::failed);
    CHECK_THAT(pair.server.failure(), Catch::Contains("peer did not return a certificate"));
}

TEST_CASE("a viewer without SRTP fails", "[dtls]") {
    DtlsClient::Settings settings;
    settings.profiles = GENERATE("", "SRTP_AES128_CM_SHA1_32");
    Pair pair(settings);
    pair.connect();
    CHECK(pair.server.state() == State::failed);
    CHECK(pair.server.failure() == "no SRTP profile in common");
}

TEST_CASE("a handshake survives the loss of any one datagram", "[dtls]") {
    const bool clients = GENERATE(true, false);
    const auto lost = GENERATE(range(std::size_t{0}, std::size_t{6}));
    Pair pair;
    pair.loses = [=](std::size_t number, bool fromClient) { return fromClient == clients && number == lost; };
    pair.connect();
    CAPTURE(clients, lost);
    REQUIRE(pair.over());
    checkKeys(pair);
}

TEST_CASE("a flight we sent that is lost is sent again after a short while", "[dtls]") {
    Pair pair;
    for (const Datagram& datagram : pair.client.start())
        pair.server.receive(datagram);
    REQUIRE_FALSE(pair.toClient.empty());
    const auto now = Clock::now();
    const auto due = pair.server.timeout(now);
    REQUIRE(due);
    CHECK(*due - now <= std::chrono::milliseconds(100));
    const std::size_t sent = pair.toClient.size();
    pair.toClient.clear();
    spillway::test::pauseFor(*due - Clock::now() + std::chrono::milliseconds(1));
    CHECK(pair.server.onTimeout() == State::handshaking);
    CHECK(pair.toClient.size() >= sent);
    const auto later = Clock::now();
    CHECK(pair.server.timeout(later).value() - later > std::chrono::milliseconds(150));
}

TEST_CASE("a ClientHello may come in pieces", "[dtls]") {
    DtlsClient::Settings settings;
    settings.mtu = 300;
    settings.padding = 500;
    Pair pair(settings);
    const auto hello = pair.client.start();
    REQUIRE(hello.size() >= 3);
    pair.send(hello);
    pair.exchange();
    CHECK(pair.over());
}

TEST_CASE("rubbish does not disturb a handshake", "[dtls]") {
    std::mt19937 random(7);
    const auto number = [&](unsigned below) { return random() % below; };
    Pair pair;
    const auto disturb = [&](const Datagram& real) {
        for (int i = 0; i < 250; ++i) {
            Datagram noise(number(200));
            std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(number(256)); });
            if (!noise.empty()) noise[0] = static_cast<std::uint8_t>(20 + number(44));
            pair.server.receive(noise);
            pair.server.receive({real.data(), number(static_cast<unsigned>(real.size()))});
        }
    };
    pair.send(pair.client.start());
    std::size_t disturbed = 0;
    while (!pair.toServer.empty() || !pair.toClient.empty()) {
        while (!pair.toServer.empty()) {
            const Datagram real = std::move(pair.toServer.front());
            pair.toServer.pop_front();
            disturb(real);
            ++disturbed;
            pair.server.receive(real);
        }
        while (!pair.toClient.empty()) {
            const Datagram real = std::move(pair.toClient.front());
            pair.toClient.pop_front();
            pair.send(pair.client.receive(real));
        }
    }
    CHECK(disturbed >= 4);
    REQUIRE(pair.over());
    disturb(Datagram(64, 23));
    CHECK(pair.server.state() == State::connected);
}

TEST_CASE("mutated datagrams may fail a handshake but no more", "[dtls]") {
    std::mt19937 random(11);
    for (int round = 0; round < 60; ++round) {
        Pair pair;
        pair.send(pair.client.start());
        while (!pair.toServer.empty() || !pair.toClient.empty()) {
            while (!pair.toServer.empty()) {
                Datagram mutated = std::move(pair.toServer.front());
                pair.toServer.pop_front();
                if (random() % 3 == 0)
                    mutated[random() % mutated.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
                pair.server.receive(mutated);
            }
            while (!pair.toClient.empty()) {
                const Datagram real = std::move(pair.toClient.front());
                pair.toClient.pop_front();
                pair.send(pair.client.receive(real));
            }
        }
        const bool failed = pair.server.state() == State::failed;
        CHECK(failed == !pair.server.failure().empty());
    }
}

TEST_CASE("a viewer's good-bye closes and is answered", "[dtls]") {
    Pair pair;
    pair.connect();
    REQUIRE(pair.over());
    pair.send(pair.client.close());
    while (!pair.toServer.empty()) {
        pair.server.receive(pair.toServer.front());
        pair.toServer.pop_front();
    }
    CHECK(pair.server.state() == State::closed);
    CHECK(pair.server.failure().empty());
    CHECK(pair.toClient.size() == 1);
    CHECK(pair.server.receive(Datagram(64, 23)) == State::closed);
}

TEST_CASE("our good-bye reaches the viewer, once", "[dtls]") {
    Pair pair;
    pair.connect();
    REQUIRE(pair.over());
    pair.server.close();
    pair.server.close();
    CHECK(pair.server.state() == State::closed);
    REQUIRE(pair.toClient.size() == 1);
    pair.client.receive(pair.toClient.front());
    CHECK(pair.client.closed());
}

TEST_CASE("closed before the handshake is silence", "[dtls]") {
    Pair pair;
    CHECK_FALSE(pair.server.timeout(Clock::now()));
    pair.server.close();
    CHECK(pair.toClient.empty());
    pair.send(pair.client.start());
    pair.exchange();
    CHECK(pair.toClient.empty());
    CHECK(pair.server.state() == State::closed);
}

TEST_CASE("viewers of several threads share an identity", "[dtls]") {
    std::array<bool, 4> good{};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (bool& each : good)
        threads.emplace_back([&each] {
            each = true;
            for (int i = 0; i < 5; ++i) {
                Pair pair;
                pair.connect();
                each = each && pair.over();
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(std::all_of(good.begin(), good.end(), [](bool each) { return each; }));
}
