#include "daemon/metrics/relay_metrics.h"

namespace spillway::daemon::metrics {

namespace {

using relay::Snapshot;
using relay::TrackSnapshot;

constexpr std::array columns{
    Column<TrackSnapshot>{"track_received_packets_total", "RTP packets received.",
                          field<&TrackSnapshot::receivedPackets>},
    Column<TrackSnapshot>{"track_received_bytes_total", "Bytes of RTP received.",
                          field<&TrackSnapshot::receivedBytes>},
    Column<TrackSnapshot>{"track_lost_packets_total", "RTP packets that never arrived.",
                          field<&TrackSnapshot::lostPackets>},
    Column<TrackSnapshot>{"track_draining", "1 while the track runs off through its drain.",
                          field<&TrackSnapshot::draining>},
    Column<TrackSnapshot>{"track_drained_packets_total", "RTP packets drained while nobody watched.",
                          field<&TrackSnapshot::drainedPackets>},
    Column<TrackSnapshot>{"track_subscribers", "Subscribers on the track.",
                          field<&TrackSnapshot::subscribers>},
    Column<TrackSnapshot>{"track_keyframe_requests_total", "Keyframe requests sent to the source.",
                          field<&TrackSnapshot::keyframeRequests>},
    Column<TrackSnapshot>{"track_keyframes_total", "Keyframes received.", field<&TrackSnapshot::keyframes>},
};

Labels labelsOf(const TrackSnapshot& track) {
    return {{"track", track.name.text()}};
}

Rows<TrackSnapshot> rowsOf(const Snapshot& snapshot) {
    Rows<TrackSnapshot> rows;
    for (const auto& track : snapshot.tracks)
        rows.emplace_back(labelsOf(track), &track);
    return rows;
}

void addAges(Families& families, const Snapshot& snapshot) {
    Family ages = gauge("track_last_packet_age_seconds", "Time since the last RTP packet.");
    for (const auto& track : snapshot.tracks)
        if (track.lastPacketAge) ages.add(labelsOf(track), *track.lastPacketAge);
    std::move(ages).moveTo(families);
}

void addWishes(Families& families, const Snapshot& snapshot) {
    Family wishes = counter("track_keyframe_wishes_total", "Wishes for a keyframe, by origin.");
    for (const auto& track : snapshot.tracks)
        addReasons(wishes, labelsOf(track), track.keyframeWishes, relay::wishReasonName);
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
    addSingle(families, gauge("tracks_draining", "Tracks that are drained because nobody watches."),
              draining);
}

} // namespace

void addTrackFamilies(Families& families, const Snapshot& snapshot) {
    addTotals(families, snapshot);
    addTable(families, columns, rowsOf(snapshot));
    addAges(families, snapshot);
    addWishes(families, snapshot);
}

} // namespace spillway::daemon::metrics
