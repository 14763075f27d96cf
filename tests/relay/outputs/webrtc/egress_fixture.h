// What the tests of the egress share: tracks whose packets a test pushes itself, an egress that plays them,
// and somebody at the other end of the wire.
#pragma once

#include "relay/outputs/webrtc/egress.h"
#include "relay/sdp/description.h"
#include "relay/sdp/viewer_fixtures.h"
#include "support/packet_source.h"
#include "support/settings.h"
#include "support/turns.h"

#include "relay/outputs/webrtc/transport/dtls_client.h"
#include "relay/port/ice_client.h"
#include "relay/port/socket_fixture.h"
#include "relay/srtp/srtp_client.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace spillway::test {

using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using namespace std::chrono_literals;
using relay::port::test::IceClient;
using relay::srtp::test::SrtpClient;
using relay::webrtc::test::DtlsClient;

using Texts = std::vector<std::string>;

inline const TrackName camera{"studio", "alice", "camera"};

struct FedTrack {
    FedTrack(Loop& loop, const TrackName& name, MediaKind kind)
        : source(1100, kind)
        , track(loop, name, kind) {
        TrackInput::start(source.incoming(), [this](const auto& awake) { input = awake; });
        track.setInput(input);
        input->letFirstPacketGo();
    }
    void push(int packets) {
        for (; packets > 0; --packets)
            REQUIRE(source.push() == GST_FLOW_OK);
    }

    PacketSource source;
    std::shared_ptr<TrackInput> input;
    Track track;
};

/// An egress, and what it uses of the relay.
struct Stage {
    explicit Stage(const config::WebrtcSettings& settings = listenAt("127.0.0.1:0"),
                   const config::LimitSettings& limits = {})
        : port(settings)
        , budget(limits)
        , egress(std::make_unique<Egress>(
              Egress::Context{loop, port, budget, metrics, [this](const Event& event) { note(event); }})) {}
    ~Stage() {
        egress.reset();
        tracks.clear();
        turn(loop, 20ms);
    }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    void note(const Event& event) {
        CHECK(event.subject == Event::Subject::subscriber);
        told.push_back(event.subscription + " " + event.state + " " + event.track + " " + event.detail);
    }

    FedTrack& add(const TrackName& name, MediaKind kind = MediaKind::video) {
        tracks.push_back(std::make_unique<FedTrack>(loop, name, kind));
        egress->trackAdded(tracks.back()->track);
        return *tracks.back();
    }
    void end(const TrackName& name) {
        egress->trackEnds(name);
        std::erase_if(tracks, [&](const auto& fed) { return fed->track.name() == name; });
    }
    ViewAnswer view(const ViewRequest& request) {
        return egress->view(request, [this, call = request.call](const std::string& reason) {
            ended.push_back(call + ": " + reason);
        });
    }
    std::optional<ViewRefused::Kind> refusal(const ViewRequest& request) {
        try {
            view(request);
        } catch (const ViewRefused& refused) {
            return refused.kind();
        }
        return std::nullopt;
    }
    void turnUntil(const std::function<bool()>& done) { REQUIRE(loop.runUntil(done, 5s)); }
    void turnUntilQueues(std::uint32_t count) {
        turnUntil([&] { return budget.queues() == count; });
    }

    Snapshot snapshot() const {
        Snapshot snapshot;
        egress->addTo(snapshot);
        return snapshot;
    }
    std::vector<ViewerSnapshot> viewers() const { return snapshot().viewers; }
    QueueStats firstQueue() const { return viewers().at(0).tracks.at(0).queue; }
    Texts tracksOfLast() const {
        const auto last = viewers().back();
        Texts names;
        for (const auto& track : last.tracks)
            names.push_back(track.track.text());
        return names;
    }
    /// By all who view or viewed the camera.
    std::uint64_t dropped() const {
        const auto totals = snapshot().viewerTotals[camera];
        return std::accumulate(totals.dropped.begin(), totals.dropped.end(), std::uint64_t{0});
    }

    Loop loop;
    port::MediaPort port;
    QueueBudget budget;
    OutputMetrics metrics;
    std::vector<std::unique_ptr<FedTrack>> tracks;
    Texts told;
    Texts ended;
    std::unique_ptr<Egress> egress;
};

inline sdp::Section firstLine(const ViewAnswer& viewing) {
    return std::get<sdp::Description>(sdp::parseDescription(viewing.answer, sdp::publisherLimits))
        .sections.at(0);
}

/// Of the first candidate.
inline std::uint16_t portIn(const ViewAnswer& viewing) {
    std::istringstream candidate(firstLine(viewing).attribute("candidate").value());
    std::string foundation, component, protocol, priority, host;
    std::uint16_t port = 0;
    candidate >> foundation >> component >> protocol >> priority >> host >> port;
    return port;
}

/// Somebody at the other end of the wire, which is a UdpClient or a TcpClient.
template <class Wire>
struct ClientBy {
    std::string offer() const {
        return replaced(videoOffer("0"), viewerFingerprint, dtls.fingerprint().text());
    }
    void nominate(const ViewAnswer& viewing) {
        const auto line = firstLine(viewing);
        ice.emplace(
            port::IceCredentials{line.attribute("ice-ufrag").value(), line.attribute("ice-pwd").value()},
            port::IceCredentials{viewing.offeredUfrag, "0123456789012345678901"});
        const auto node = at("127.0.0.1", portIn(viewing));
        socket.emplace(node, "127.0.0.1");
        socket->send(ice->nomination());
        socket->send(ice->answer(socket->receive().value(), node));
        REQUIRE(ice->read(socket->receive().value()).mapped == socket->address());
    }
    void shakeHands(const ViewAnswer& viewing) {
        dtls.shakeHands(*socket);
        CHECK(dtls.serverFingerprint() == firstLine(viewing).attribute("fingerprint"));
        srtp.emplace(dtls.serverKeys());
    }
    /// The next packet of RTP.
    Datagram media() {
        Datagram datagram = socket->receive().value();
        while (port::kindOf(datagram) != port::DatagramKind::rtp)
            datagram = socket->receive().value();
        return srtp->unprotect(datagram);
    }

    std::optional<IceClient> ice;
    DtlsClient dtls{DtlsClient::Settings{}};
    std::optional<Wire> socket;
    std::optional<SrtpClient> srtp;
};
using Client = ClientBy<UdpClient>;

/// Viewers that are connected, for as long as this lasts.
struct Watchers {
    ViewerId join(ViewRequest request) {
        auto client = std::make_unique<Client>();
        request.offer = replaced(request.offer, viewerFingerprint, client->dtls.fingerprint().text());
        const auto viewing = stage.view(request);
        client->nominate(viewing);
        client->shakeHands(viewing);
        stage.turnUntil([&] {
            const auto known = stage.viewers();
            return std::any_of(known.begin(), known.end(), [&](const ViewerSnapshot& viewer) {
                return viewer.id == viewing.id && viewer.state == ViewerState::connected;
            });
        });
        clients.push_back(std::move(client));
        return viewing.id;
    }

    Stage& stage;
    std::vector<std::unique_ptr<Client>> clients = {};
};

} // namespace spillway::test
