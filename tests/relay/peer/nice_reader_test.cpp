#include "relay/peer/nice_reader.h"

#include "relay/port/ice_client.h"
#include "relay/support/ping_pong.h"

#include <nice/agent.h>

#include <thread>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;
using relay::port::test::IceClient;
using relay::port::test::isCheck;

namespace {

/// A libnice agent on loopback, with a thread for its timers.
struct Agent {
    Agent() {
        g_object_set(agent.get(), "upnp", FALSE, "ice-tcp", FALSE, "controlling-mode", FALSE, nullptr);
        NiceAddress loopback;
        nice_address_init(&loopback);
        REQUIRE(nice_address_set_from_string(&loopback, "127.0.0.1"));
        REQUIRE(nice_agent_add_local_address(agent.get(), &loopback));
        REQUIRE(nice_agent_add_stream(agent.get(), 1) == 1);
        REQUIRE(nice_agent_set_local_credentials(agent.get(), 1, port::test::ours.ufrag.c_str(),
                                                 port::test::ours.pwd.c_str()));
        REQUIRE(nice_agent_gather_candidates(agent.get(), 1));
    }
    ~Agent() {
        g_main_loop_quit(loop);
        thread.join();
        g_main_loop_unref(loop);
        agent = nullptr;
        g_main_context_unref(context);
    }
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    SocketAddress address() const {
        GSList* candidates = nice_agent_get_local_candidates(agent.get(), 1, 1);
        REQUIRE(candidates);
        const auto* first = static_cast<const NiceCandidate*>(candidates->data);
        const auto port = static_cast<std::uint16_t>(nice_address_get_port(&first->addr));
        g_slist_free_full(candidates,
                          [](gpointer one) { nice_candidate_free(static_cast<NiceCandidate*>(one)); });
        return at("127.0.0.1", port);
    }
    void learn(const SocketAddress& remote) const {
        REQUIRE(nice_agent_set_remote_credentials(agent.get(), 1, port::test::theirs.ufrag.c_str(),
                                                  port::test::theirs.pwd.c_str()));
        NiceCandidate* candidate = nice_candidate_new(NICE_CANDIDATE_TYPE_HOST);
        nice_address_set_from_sockaddr(&candidate->addr, remote.get());
        candidate->stream_id = 1;
        candidate->component_id = 1;
        GSList* one = g_slist_append(nullptr, candidate);
        REQUIRE(nice_agent_set_remote_candidates(agent.get(), 1, 1, one) == 1);
        g_slist_free(one);
        nice_candidate_free(candidate);
    }
    bool isReady() const {
        const auto state = nice_agent_get_component_state(agent.get(), 1, 1);
        return state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY;
    }

    GMainContext* const context = g_main_context_new();
    GMainLoop* const loop = g_main_loop_new(context, FALSE);
    gst::Ref<NiceAgent> agent =
        gst::Ref<NiceAgent>::adopt(nice_agent_new(context, NICE_COMPATIBILITY_RFC5245));
    std::thread thread{[this] { g_main_loop_run(loop); }};
};

/// A reader, and a remote that answers every check and nominates until both are connected.
struct Connection {
    explicit Connection(bool mayPause) {
        reader.start(agent.agent, mayPause);
        agent.learn(client.address());
        IceClient ice;
        client.send(ice.nomination());
        while (!agent.isReady()) {
            const auto message = client.receive();
            REQUIRE(message);
            if (isCheck(*message)) client.send(ice.answer(*message, agent.address()));
        }
    }
    Clock::duration shortest() const { return media->shortest(client); }

    const Agent agent;
    const std::shared_ptr<PingPong> media = std::make_shared<PingPong>();
    NiceReader reader{media};
    const UdpClient client{agent.address(), "127.0.0.1"};
};

} // namespace

TEST_CASE("what libnice receives comes together while nobody watches it, and at once when somebody does") {
    const Connection connection(true);
    REQUIRE(eventually([&] { return connection.shortest() >= 3ms; }));
    {
        const Audience::Seat seat(connection.reader.audience());
        CHECK(eventually([&] { return connection.shortest() < 3ms; }));
    }
    CHECK(eventually([&] { return connection.shortest() >= 3ms; }));
}

TEST_CASE("where the kernel gives small buffers what libnice receives never waits") {
    const Connection connection(false);
    const auto begin = Clock::now();
    while (Clock::now() - begin < 2 * Audience::arrival)
        connection.shortest();
    CHECK(eventually([&] { return connection.shortest() < 3ms; }));
}
