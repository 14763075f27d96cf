// What a peer is to be, and what it hands out.
#pragma once

#include "config/settings.h"
#include "relay/base/audience.h"
#include "relay/rtp/capture_clock.h"
#include "relay/values/media_kind.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using GstPad = struct _GstPad;
using GstElement = struct _GstElement;

namespace spillway::relay {

namespace ingest {
class Ingest;
}

/// Who is on the other side.
enum class PeerRole {
    publisher, ///< one participant: one offer; silence is its end
    sfu,       ///< many, who come and go: offers again and again, and silence while nobody sends
};

struct PeerSettings {
    std::string label; ///< for logs: `call=studio participant=alice`
    PeerRole role = PeerRole::publisher;
    /// At once. Each SSRC costs a jitter buffer and pads, whoever made it up.
    std::size_t maxStreams = 16;
    /// All TURN servers are used, and of the STUN servers one: the next one for each `number`.
    std::vector<config::IceServer> iceServers;
    std::uint64_t number = 1; ///< of this peer among those of its call, from 1 on
    std::vector<config::Codec> videoCodecs;
    bool limitsRate = false; ///< it may be told what to send at most, where it takes REMB
    std::chrono::milliseconds mediaTimeout{15000};
    std::chrono::milliseconds jitter{100};
    /// The node's port, by which the peer comes in; null is a port of its own and full ICE, by libnice.
    ingest::Ingest* ingest = nullptr;
    std::optional<config::PortRange> portRange; ///< of its sockets; only without `ingest`
    /// Gather on loopback only: for two peers in one process.
    bool loopbackOnly = false;
    bool tcp = false; ///< in place of UDP; only without `ingest`
};

/// A stream of the peer. Borrowed for the duration of the call.
struct IncomingPad {
    GstPad* pad; ///< source pad of an element inside webrtcbin, `application/x-rtp`; link it unchecked
    GstElement* pipeline; ///< what tees and branches are added to
    std::string mid;      ///< of the m-line that the SSRC belongs to by the peer's own SDP
    std::uint32_t ssrc;
    MediaKind kind;
    /// Runs a change, on the loop, after which the next packet of this SSRC may take long: it wakes somebody,
    /// or waits. That one then comes by a thread that may wait.
    std::function<void(const std::function<void()>& change)> runDetoured =
        [](const std::function<void()>& change) { change(); };
    /// Loop. Asks the sender for a keyframe in this turn; false when no RTCP has left yet, or none will. Ask
    /// by an event then.
    std::function<bool()> sendPli = [] { return false; };
    /// Of the thread that receives it; null: it never lets packets come together.
    std::shared_ptr<Audience> audience = nullptr;
    /// When what comes was captured; null where nobody reports it.
    std::shared_ptr<const rtp::CaptureClock> clock = nullptr;
};

} // namespace spillway::relay
