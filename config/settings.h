// Every setting of the daemon as plain structs; the defaults are the values written here.
//
// The loader (loader.h) fills them in, relay/ and daemon/ read them; nothing is parsed here. Settings do not
// change once they are loaded and may be read from any thread.
#pragma once

#include "config/address.h"
#include "config/glob.h"
#include "config/network.h"
#include "config/secret.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::config {

using Milliseconds = std::chrono::milliseconds;

/// What a full queue does.
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
    Milliseconds time{5000}; ///< from the oldest to the newest frame
    QueuePolicy policy = QueuePolicy::dropToKeyframe;

    bool operator==(const QueueBounds&) const = default;
};

/// What the user wrote under `queue:`. The output's own default for the medium fills in the rest.
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

/// What calls and subscriptions that are posted to the API may reach of this machine.
struct ApiSettings {
    /// They write files below these alone; absolute, without `.` and `..`.
    std::vector<std::filesystem::path> directories;
    std::map<std::string, Secret> secrets; ///< they name these, and no file or variable

    bool operator==(const ApiSettings&) const = default;
};

/// Signs tokens, or proves those that it signed before another took its place.
struct SigningKey {
    std::string id; ///< what a token calls it: `kid`
    Secret secret{std::string()};

    bool operator==(const SigningKey&) const = default;
};

/// Signed tokens, as far as the node itself goes: JWT with HS256 (RFC 7519, RFC 7518 section 3.2).
struct SignedTokenSettings {
    std::string audience = "spillway"; ///< what `aud` must name
    std::vector<SigningKey> keys;      ///< the first one signs; without any there are no such tokens

    bool operator==(const SignedTokenSettings&) const = default;
};

struct HttpSettings {
    std::vector<ListenAddress> listen{ListenAddress::parse("127.0.0.1:8080")};
    std::optional<TlsSettings> tls;
    std::optional<Secret> adminToken;
    std::optional<Secret> publishToken;
    std::optional<Secret> viewToken;
    std::optional<Secret> monitorToken;
    SignedTokenSettings signedTokens;
    std::vector<std::string> cors; ///< allowed origins, or "*"
    ApiSettings api;
    std::vector<Network> trustedProxies; ///< whose word on where a request comes from counts

    bool hasFixedTokens() const { return adminToken || publishToken || viewToken || monitorToken; }
    bool hasTokens() const { return hasFixedTokens() || !signedTokens.keys.empty(); }

    bool operator==(const HttpSettings&) const = default;
};

/// One STUN or TURN server.
struct IceServer {
    std::string url; ///< RFC 7064, RFC 7065
    std::string username;
    std::optional<Secret> password;
    /// Shared with a TURN server, in place of the two: each login is made of it and holds for a while.
    std::optional<Secret> secret = {};

    bool operator==(const IceServer&) const = default;
};

/// How publishers reach this node.
enum class PublisherIce {
    automatic, ///< as the other settings suggest
    lite,      ///< by the ports of `webrtc.listen`
    full,      ///< by ports of their own, which a STUN or TURN server makes reachable
};

struct WebrtcSettings {
    /// The UDP sockets that all viewers of this node share, and its publishers unless they have full ICE.
    /// Without any of these or of listenTcp it serves no viewers.
    std::vector<ListenAddress> listen{ListenAddress::parse("0.0.0.0:8189")};
    /// The same for those without UDP: TCP sockets (RFC 6544). Off by default.
    std::vector<ListenAddress> listenTcp;
    /// Addresses and names to offer in place of our own, behind NAT; without a port they have those of
    /// `listen`.
    std::vector<HostPort> announce;
    bool announceLocal = false; ///< our own too, as second best
    PublisherIce publishers = PublisherIce::automatic;
    std::optional<PortRange> portRange; ///< for peers that have a port of their own; else the kernel chooses
    std::vector<IceServer> iceServers;

    bool operator==(const WebrtcSettings&) const = default;
};

struct LimitSettings {
    std::uint64_t queueMemory = 256ULL * 1024 * 1024; ///< bytes; the most that all queue bounds may add up to
    std::uint32_t subscribers = 2000;
    std::uint32_t calls = 200;
    std::uint32_t tracksPerCall = 200;

    bool operator==(const LimitSettings&) const = default;
};

struct MetricsSettings {
    std::uint32_t maxSeries = 5000; ///< per family; the rest is added up as `other`

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

// The kinds of call. Each has its word for `type:`, and says whether the other side can be asked to stop
// sending a track (`unwatched: pause`), or to send less (`unwatched: rest`).

/// This node hosts the call; publishers POST to /whip/{call}.
struct WhipJoin {
    static constexpr const char* word = "whip";
    static constexpr bool canPause = false;
    static constexpr bool canRest = true;

    bool operator==(const WhipJoin&) const = default;
};

/// A synthetic call for demos and benchmarks.
struct TestJoin {
    static constexpr const char* word = "test";
    static constexpr bool canPause = false;
    static constexpr bool canRest = false;

    std::uint32_t participants = 3;
    std::uint32_t width = 640;
    std::uint32_t height = 360;
    std::uint32_t fps = 25;
    Milliseconds churn{0}; ///< how often a participant leaves, returns or switches the camera; 0 is never

    bool operator==(const TestJoin&) const = default;
};

/// This node plays a stream of a media server by WHEP (draft-ietf-wish-whep).
struct WhepJoin {
    static constexpr const char* word = "whep";
    static constexpr bool canPause = false;
    static constexpr bool canRest = false;

    std::string url; ///< http or https
    std::optional<Secret> token;
    std::string participant = "participant"; ///< names the tracks: WHEP does not say who sends

    bool operator==(const WhepJoin&) const = default;
};

/// This node subscribes to a room of Janus' VideoRoom plugin.
struct JanusJoin {
    static constexpr const char* word = "janus";
    static constexpr bool canPause = true;
    static constexpr bool canRest = false;

    std::string url;  ///< ws or wss
    std::string room; ///< digits are sent to Janus as a number, any other text as a string
    std::optional<Secret> pin;
    std::optional<Secret> token;     ///< where Janus runs with token_auth
    std::optional<Secret> apiSecret; ///< where Janus runs with api_secret
    std::string display = "spillway";

    bool operator==(const JanusJoin&) const = default;
};

/// The kind of a call. Messages and documents list the words in this order.
using JoinSettings = std::variant<WhipJoin, WhepJoin, JanusJoin, TestJoin>;

/// What happens to a track that nobody watches.
enum class Unwatched {
    drain, ///< its packets are discarded
    pause, ///< the SFU is asked to stop sending it
    rest,  ///< its publisher is asked to send little
};

struct CallSettings {
    std::string name;
    JoinSettings join;
    std::vector<Codec> videoCodecs{Codec::vp8, Codec::vp9, Codec::h264, Codec::h265};
    /// A peer is lost after this long without RTP and RTCP; a track ends after this long without RTP.
    Milliseconds mediaTimeout{15000};
    Milliseconds jitter{100}; ///< how long a gap waits for a retransmission
    Unwatched unwatched = Unwatched::drain;
    std::uint64_t restBitrate = 100'000; ///< bits in a second, of all that a resting publisher sends
    Milliseconds linger{10000}; ///< how long nobody watches before a track is paused or a publisher rests

    bool operator==(const CallSettings&) const = default;
};

// The kinds of output, each with its word for `type:`.

/// What goes into one file.
enum class RecordFiles {
    participant, ///< picture and sound of a participant, in sync
    track,       ///< each track has files of its own
};

/// Matroska files, one sequence per participant: DIRECTORY/call/participant/START.SUBSCRIPTION.mkv with a
/// JSON file beside each; or one per track, DIRECTORY/call/participant/source/START.SUBSCRIPTION.mkv.
struct RecordOutput {
    static constexpr const char* word = "record";

    std::filesystem::path directory;
    RecordFiles files = RecordFiles::participant;
    Milliseconds segment{600000};     ///< the next keyframe after this long starts a new file; 0 is never
    std::optional<Milliseconds> keep; ///< older files are deleted
    std::optional<std::uint64_t> maxBytes; ///< in all files of the subscription; the oldest are deleted first

    bool operator==(const RecordOutput&) const = default;
};

/// RTP over UDP; the n-th track of the subscription goes to port + 2n.
struct RtpOutput {
    static constexpr const char* word = "rtp";

    std::string host;
    std::uint16_t port = 0;
    std::filesystem::path sdp;    ///< where to write a session description for players; empty is nowhere
    std::uint32_t maxTracks = 16; ///< any more are refused

    bool operator==(const RtpOutput&) const = default;
};

/// The kind of an output. Messages and documents list the words in this order.
using OutputSettings = std::variant<RecordOutput, RtpOutput>;

struct SubscriptionSettings {
    std::string name;
    TrackGlob tracks = TrackGlob::parse("*/*/*");
    OutputSettings output;
    QueueSettings queue;

    bool operator==(const SubscriptionSettings&) const = default;
};

/// What a token lets its holder do. A role that a route needs is open to `admin` too.
enum class TokenRole { monitor, view, publish, admin };

/// What is asked of a signed token that is to be made. An empty name stands for any.
struct TokenSettings {
    TokenRole role = TokenRole::view;
    std::string call;
    std::string participant;
    std::string source;
    Milliseconds startsIn{0};
    Milliseconds expiresIn{0};

    bool isWhole() const { return call.empty() && participant.empty() && source.empty(); }

    bool operator==(const TokenSettings&) const = default;
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

// What the configuration calls a kind: "record", "drop_to_keyframe", "whip".
const char* outputName(const OutputSettings& output);
const char* policyName(QueuePolicy policy);
const char* joinName(const CallSettings& call);

} // namespace spillway::config
