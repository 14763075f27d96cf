#include "daemon/http/connections.h"

#include "support/catch.h"

#include <gio/gio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

using namespace spillway;
using namespace spillway::daemon;
using http::Connections;

namespace {

/// A client's end, and what the server has of the other.
struct Client {
    Client(Connections& connections, const char* host)
        : remote(g_inet_socket_address_new_from_string(host, 1)) {
        int pair[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        own = pair[0];
        const glib::Object<GSocket> socket(g_socket_new_from_fd(pair[1], nullptr));
        stream.reset(glib::cast<GIOStream>(g_socket_connection_factory_create_connection(socket.get())));
        connections.add(remote.get(), socket.get(), stream.get());
    }
    ~Client() { ::close(own); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool isShut() const {
        char byte = 0;
        return ::recv(own, &byte, 1, MSG_DONTWAIT) == 0;
    }

    int own = -1;
    glib::Object<GSocketAddress> remote;
    glib::Object<GIOStream> stream;
};

struct Fixture {
    Client* connect(const char* host) {
        const glib::Object<GSocketAddress> remote(g_inet_socket_address_new_from_string(host, 1));
        if (!connections->makePlaceFor(remote.get())) return nullptr;
        clients.push_back(std::make_unique<Client>(*connections, host));
        return clients.back().get();
    }
    std::vector<bool> shut() const {
        std::vector<bool> all;
        for (const auto& client : clients)
            all.push_back(client->isShut());
        return all;
    }

    relay::Loop loop;
    std::shared_ptr<Connections> connections = std::make_shared<Connections>(
        loop, http::ConnectionLimits{8, 3, 2}, std::vector{config::Network::parse("198.51.100.0/24")});
    std::vector<std::unique_ptr<Client>> clients;
};

using Shut = std::vector<bool>;

} // namespace

TEST_CASE("a client that has its share of connections crowds out itself alone") {
    Fixture f;
    f.connect("192.0.2.1");
    for (const char* host : {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"})
        REQUIRE(f.connect(host));
    CHECK(f.shut() == Shut{false, true, false, false, false});
    REQUIRE(f.connect("2001:db8:0:1::1")); // another network
    CHECK(f.shut() == Shut{false, true, false, false, false, false});
}

TEST_CASE("a proxy that is trusted has no share") {
    Fixture f;
    for (int i = 0; i < 5; ++i)
        REQUIRE(f.connect("198.51.100.7"));
    CHECK(f.shut() == Shut(5, false));
}

TEST_CASE("who has sent the head of a request does not give way") {
    Fixture f;
    for (int i = 0; i < 3; ++i)
        f.connections->onHead(f.connect("192.0.2.1")->remote.get());
    CHECK_FALSE(f.connect("192.0.2.1"));
    CHECK(f.connect("192.0.2.2"));
    CHECK(f.shut() == Shut(4, false));
}

TEST_CASE("some connections are kept for this machine, and who waits longest for a head goes") {
    Fixture f;
    for (const char* host : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"})
        f.connections->onHead(f.connect(host)->remote.get());
    CHECK_FALSE(f.connect("192.0.2.7"));
    REQUIRE(f.connect("127.0.0.1"));
    REQUIRE(f.connect("::1"));
    CHECK(f.shut() == Shut(8, false));
    REQUIRE(f.connect("127.0.0.1"));
    CHECK(f.shut() == Shut{false, false, false, false, false, false, true, false, false});
}
