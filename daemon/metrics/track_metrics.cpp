#include "daemon/metrics/relay_metrics.h"

#include <array>

namespace spillway::daemon::metrics {

namespace {

using prometheus::MetricType;
using relay::Snapshot;
using relay::TrackSnapshot;

struct TrackFamily {
    const char* name;
    const char* help;
    MetricType type;
    double (*read)(const TrackSnapshot&);
};

template <auto member>
double value(const TrackSnapshot& track) {
    return static_cast<double>(track.*member);
}

constexpr std::array trackFamilies{
    TrackFamily{"spillway_track_received_packets_total", "RTP packets received.", MetricType::Counter,
                value<&TrackSnapshot::receivedPackets>},
    TrackFamily{"spillway_track_received_bytes_total", "Bytes of RTP received.", MetricType::Counter,
                value<&TrackSnapshot::receivedBytes>},
    TrackFamily{"spillway_track_lost_packets_total", "RTP packets that never arrived.", MetricType::Counter,
                value<&TrackSnapshot::lostPackets>},
    TrackFamily{"spillway_track_draining", "1 while the track is drained because nobody watches.",
                MetricType::Gauge, value<&TrackSnapshot::draining>},
    TrackFamily{"spillway_track_drained_packets_total", "RTP packets drained while nobody watched.",
                MetricType::Counter, value<&TrackSnapshot::drainedPackets>},
    TrackFamily{"spillway_track_subscribers", "Subscribers on the track.", MetricType::Gauge,
                value<&TrackSnapshot::subscribers>},
    TrackFamily{"spillway_track_keyframe_requests_total", "Keyframe requests sent to the source.",
                MetricType::Counter, value<&TrackSnapshot::keyframeRequests>},
    TrackFamily{"spillway_track_keyframes_total", "Keyframes received.", MetricType::Counter,
                value<&TrackSnapshot::keyframes>},
};

prometheus::ClientMetric::Label nameOf(const TrackSnapshot& track) {
    return {"track", track.name.text()};
}

void addAges(Families& families, const Snapshot& snapshot) {
    Family ages = gauge("track_last_packet_age_seconds", "Time since the last RTP packet.");
    for (const auto& track : snapshot.tracks)
        if (track.lastPacketAge) ages.add({nameOf(track)}, *track.lastPacketAge);
    std::move(ages).moveTo(families);
}

void addWishes(Families& families, const Snapshot& snapshot) {
    Family wishes = counter("track_keyframe_wishes_total", "Wishes for a keyframe, by origin.");
    for (const auto& track : snapshot.tracks)
        for (std::size_t i = 0; i < relay::wishReasons; ++i)
            wishes.add({nameOf(track), {"reason", relay::wishReasonName(static_cast<relay::WishReason>(i))}},
                       static_cast<double>(track.keyframeWishes.at(i)));
    std::move(wishes).moveTo(families);
}

void addTotals(Families& families, const Snapshot& snapshot) {
    double audio = 0;
    double video = 0;
    double draining = 0;
    for (const auto& track : snapshot.tracks) {
        (track.kind == relay::MediaKind::video ? video : audio) += 1;
        draining += track.draining ? 1 : 0;
    }
    Family tracks = gauge("tracks", "Tracks, by kind.");
    tracks.add({{"kind", "audio"}}, audio);
    tracks.add({{"kind", "video"}}, video);
    std::move(tracks).moveTo(families);
    Family drains = gauge("tracks_draining", "Tracks that are drained because nobody watches.");
    drains.add({}, draining);
    std::move(drains).moveTo(families);
}

} // namespace

void addTrackFamilies(Families& families, const Snapshot& snapshot) {
    addTotals(families, snapshot);
    for (const auto& [name, help, type, read] : trackFamilies) {
        Family family(name, help, type);
        for (const auto& track : snapshot.tracks)
            family.add({nameOf(track)}, read(track));
        std::move(family).moveTo(families);
    }
    addAges(families, snapshot);
    addWishes(families, snapshot);
}

} // namespace spillway::daemon::metrics
