// Every setting of the daemon as plain structs; the defaults are the values written here.
//
// Comes in: nothing. Goes out: what the loader (loader.h) fills in and relay/ and daemon/ read. No parsing
// here. Values are immutable once loaded and may be read from any thread.
#pragma once

#include "config/address.h"
#include "config/glob.h"
#include "config/secret.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::config {

using Milliseconds = std::chrono::milliseconds;

/// What a full queue does. The order of words in messages and documents is the order here.
enum class QueuePolicy {
    dropToKeyframe, ///< drop what is queued, then everything until the next keyframe, and ask for one
    dropOldest,     ///< drop from the front until the new frame fits
    latest,         ///< keep only the newest frame
    disconnect,     ///< end the subscriber with a reason
};

/// The bounds of one queue; all three hold at once.
struct QueueBounds {
    std::uint32_t buffers = 2048;
    std::uint64_t bytes = 8ULL * 1024 * 1024;
    Milliseconds time{5000}; ///< age of the oldest against the newest frame
    QueuePolicy policy = QueuePolicy::dropToKeyframe;

    bool operator==(const QueueBounds&) const = default;
};

/// What the user wrote under `queue:`; what is absent comes from the output's own default for the medium.
struct QueueSettings {
    std::optional<std::uint32_t> buffers;
    std::optional<std::uint64_t> bytes;
    std::optional<Milliseconds> time;
    std::optional<QueuePolicy> policy;

    bool operator==(const QueueSettings&) const = default;
};

struct TlsSettings {
    std::filesystem::path certificate; ///< PEM
    std::filesystem::path key;         ///< PEM

    bool operator==(const TlsSettings&) const = default;
};

struct HttpSettings {
    std::vector<ListenAddress> listen{ListenAddress::parse("127.0.0.1:8080")};
    std::optional<TlsSettings> tls;
    std::optional<Secret> adminToken;
    std::optional<Secret> publishToken;
    std::optional<Secret> viewToken;
    std::vector<std::string> cors; ///< origins, or "*"

    bool hasTokens() const { return adminToken || publishToken || viewToken; }

    bool operator==(const HttpSettings&) const = default;
};

/// One STUN or TURN server, RFC 7064 and RFC 7065 URI.
struct IceServer {
    std::string url;
    std::string username;
    std::optional<Secret> password;

    bool operator==(const IceServer&) const = default;
};

struct WebrtcSettings {
    /// UDP, of every viewer of this node; none is no viewers.
    std::vector<ListenAddress> listen{ListenAddress::parse("0.0.0.0:8189")};
    std::vector<std::string> announce; ///< addresses, numeric, to offer instead when behind NAT
    std::vector<IceServer> iceServers;

    bool operator==(const WebrtcSettings&) const = default;
};

struct LimitSettings {
    std::uint64_t queueMemory = 256ULL * 1024 * 1024; ///< bytes, the sum of all queue bounds
    std::uint32_t subscribers = 2000;
    std::uint32_t calls = 200;
    std::uint32_t tracksPerCall = 200;

    bool operator==(const LimitSettings&) const = default;
};

struct MetricsSettings {
    std::uint32_t maxSeries = 5000; ///< per family; the rest is summed under `other`

    bool operator==(const MetricsSettings&) const = default;
};

enum class LogLevel { trace, debug, info, warn, error };
enum class LogFormat { automatic, text, json, journal };

struct LogSettings {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;

    bool operator==(const LogSettings&) const = default;
};

enum class Codec { vp8, vp9, h264, h265, opus };

/// This node hosts the call; publishers POST to /whip/{call}.
struct WhipJoin {
    bool operator==(const WhipJoin&) const = default;
};

/// A synthetic call for demos and benchmarks.
struct TestJoin {
    std::uint32_t participants = 3;
    std::uint32_t width = 640;
    std::uint32_t height = 360;
    std::uint32_t fps = 25;
    Milliseconds churn{0}; ///< how often one participant leaves, returns or switches the camera; 0 is never

    bool operator==(const TestJoin&) const = default;
};

/// A WHEP player: this node plays a stream of a media server (draft-ietf-wish-whep).
struct WhepJoin {
    std::string url; ///< http or https
    std::optional<Secret> token;
    std::string participant = "participant"; ///< whom its tracks are named after: WHEP does not say

    bool operator==(const WhepJoin&) const = default;
};

/// A subscriber in a room of Janus' VideoRoom plugin.
struct JanusJoin {
    std::string url;  ///< ws or wss
    std::string room; ///< as written: digits are a number for Janus, other text is a string
    std::optional<Secret> pin;
    std::optional<Secret> token;     ///< where Janus has token_auth
    std::optional<Secret> apiSecret; ///< where Janus has api_secret
    std::string display = "spillway";

    bool operator==(const JanusJoin&) const = default;
};

/// What becomes of a track that nobody watches.
enum class Unwatched {
    drain, ///< it runs off
    pause, ///< the SFU is asked to stop sending it, where its protocol can
};

struct CallSettings {
    std::string name;
    std::variant<WhipJoin, WhepJoin, JanusJoin, TestJoin> join;
    std::vector<Codec> videoCodecs{Codec::vp8, Codec::vp9, Codec::h264, Codec::h265};
    Milliseconds mediaTimeout{
        15000};               ///< without RTP and RTCP for so long a peer is lost; without RTP a track ends
    Milliseconds jitter{100}; ///< how long a gap may wait for a retransmission
    Unwatched unwatched = Unwatched::drain;
    Milliseconds linger{10000}; ///< how long a track may be without subscribers before it is paused

    bool operator==(const CallSettings&) const = default;
};

/// Matroska files, one sequence for each track: DIRECTORY/call/participant/source/START.mkv
struct RecordOutput {
    std::filesystem::path directory;
    Milliseconds segment{600000};          ///< a new file on the first keyframe after this; 0 is never
    std::optional<Milliseconds> keep;      ///< delete files that are older
    std::optional<std::uint64_t> maxBytes; ///< delete the oldest files of this subscription above this sum

    bool operator==(const RecordOutput&) const = default;
};

/// RTP over UDP; the n-th track of the subscription goes to port + 2n.
struct RtpOutput {
    std::string host;
    std::uint16_t port = 0;
    std::filesystem::path
        sdp; ///< a session description to play the streams with is written here; empty is none
    std::uint32_t maxTracks = 16; ///< further tracks are refused

    bool operator==(const RtpOutput&) const = default;
};

using OutputSettings = std::variant<RecordOutput, RtpOutput>;

struct SubscriptionSettings {
    std::string name;
    TrackGlob tracks = TrackGlob::parse("*/*/*");
    OutputSettings output;
    QueueSettings queue;

    bool operator==(const SubscriptionSettings&) const = default;
};

struct Settings {
    HttpSettings http;
    WebrtcSettings webrtc;
    LimitSettings limits;
    MetricsSettings metrics;
    Milliseconds shutdownTimeout{10000};
    LogSettings log;
    std::vector<CallSettings> calls;
    std::vector<SubscriptionSettings> subscriptions;

    bool operator==(const Settings&) const = default;
};

/// The word of the configuration for an output: "record", "rtp".
const char* outputName(const OutputSettings& output);
const char* policyName(QueuePolicy policy);
const char* joinName(const CallSettings& call);

} // namespace spillway::config
