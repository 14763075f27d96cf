// One immutable reading of the whole relay: what the page, the API and the metrics are made from. Plain
// values, so that any thread may hold one. Reading it takes no lock that a streaming thread takes per packet.
#pragma once

#include "config/settings.h"
#include "relay/base/histogram.h"
#include "relay/values/media_kind.h"
#include "relay/values/output_status.h"
#include "relay/values/publisher_ice.h"
#include "relay/values/queue_stats.h"
#include "relay/values/tcp_snapshot.h"
#include "relay/values/track_name.h"
#include "relay/values/viewing.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

enum class CallState { idle, joining, joined, reconnecting, left };
inline constexpr std::array callStates{CallState::idle, CallState::joining, CallState::joined,
                                       CallState::reconnecting, CallState::left};
const char* callStateName(CallState state);

enum class WishReason { attach, drop, decoder, output, viewer };
inline constexpr std::size_t wishReasons = static_cast<std::size_t>(WishReason::viewer) + 1;
const char* wishReasonName(WishReason reason);

struct ParticipantSnapshot {
    std::string name;
    std::string display; ///< what signalling called it
    bool connected = false;
    std::optional<bool> resting = {}; ///< told to send little; none in a call where nobody is
};

struct CallSnapshot {
    std::string name;
    std::string type; ///< `whip`, `whep`, `janus`, `test`
    CallState state = CallState::idle;
    std::string detail;                          ///< why it is in this state; may be empty
    std::chrono::system_clock::time_point since; ///< of this state
    std::vector<ParticipantSnapshot> participants;
    std::uint32_t peers = 0;
    std::map<std::string, std::uint64_t> reconnects; ///< by reason: a cause of losses, or `replaced`
    std::map<std::string, std::uint64_t> peersLost;  ///< by cause
};

enum class TrackState {
    live,    ///< a source is there
    waiting, ///< its peer is gone and the next is awaited; name and subscribers are kept
    paused,  ///< nobody watches, and the SFU was asked not to send
};
inline constexpr std::array trackStates{TrackState::live, TrackState::waiting, TrackState::paused};
const char* trackStateName(TrackState state);

struct TrackSnapshot {
    TrackName name;
    MediaKind kind = MediaKind::video;
    std::string codec; ///< `VP8`, `H264`, `opus` …; empty before the first caps
    std::uint32_t clockRate = 0;
    TrackState state = TrackState::live;
    bool draining = false;
    std::uint32_t subscribers = 0;
    std::uint64_t receivedPackets = 0;
    std::uint64_t receivedBytes = 0;
    std::uint64_t drainedPackets = 0;
    std::uint64_t lostPackets = 0;
    std::optional<double> lastPacketAge; ///< seconds; none before the first packet
    std::array<std::uint64_t, wishReasons> keyframeWishes{};
    std::uint64_t keyframeRequests = 0;
    std::uint64_t keyframes = 0;
    bool noKeyframes = false; ///< asked for in vain: whoever comes now has no picture
};

/// A subscription on one track.
struct SubscriberSnapshot {
    TrackName track;
    config::QueueBounds bounds;
    QueueStats queue;
    OutputStatus::Reading status;
    bool drops = false; ///< frames for want of room, in the last seconds
};

struct SubscriptionSnapshot {
    std::string name;
    std::string tracks; ///< the glob
    config::OutputSettings output;
    std::vector<SubscriberSnapshot> subscribers;
    std::map<std::string, std::string> refused; ///< track -> why it is not served
    std::string problem = {};         ///< why it serves no track, or none in time; empty while all is well
    config::QueueSettings queue = {}; ///< as far as it was set
};

/// The histograms of all subscribers of one kind of output, also of those that are gone.
struct OutputHistograms {
    HistogramReading depth;         ///< buffers
    HistogramReading latency;       ///< seconds
    HistogramReading firstKeyframe; ///< seconds
};

struct Snapshot {
    std::vector<CallSnapshot> calls;
    std::vector<TrackSnapshot> tracks;
    std::vector<SubscriptionSnapshot> subscriptions;
    std::vector<ViewerSnapshot> viewers;
    PublisherIceChoice publisherIce;
    std::uint64_t rejectedPackets = 0; ///< that peers did not protect: forged, replayed or malformed
    bool batchScheduling = false;      ///< of GStreamer's threads
    std::map<std::string, std::uint64_t> socketDrops; ///< of the kernel, by side: `publishers`, `viewers`
    std::optional<TcpSnapshot> tcp;                   ///< with `webrtc.listen_tcp`
    std::map<TrackName, ViewerTotals> viewerTotals;   ///< of each track that exists and was ever viewed
    std::map<std::string, OutputHistograms> outputs;  ///< by output name, `webrtc` for viewers
    /// Bytes: the sum of the bounds of all queues that exist, the worst case now.
    std::uint64_t queueMemory = 0;
    std::uint64_t queueMemoryLimit = 0; ///< bytes: the worst case ever
};

} // namespace spillway::relay
