// Viewers, summed over each track: they come and go, and none has a series of its own. Counters are the
// relay's totals, which those that are gone stay in; gauges are sums over who is there.
#include "daemon/metrics/relay_metrics.h"

#include <array>

namespace spillway::daemon::metrics {

namespace {

using relay::Snapshot;
using relay::TrackName;
using relay::ViewerTotals;
using relay::ViewerTrackSnapshot;

struct ViewerGauge {
    const char* name;
    const char* help;
    double (*read)(const ViewerTrackSnapshot&);
};

constexpr std::array gauges{
    ViewerGauge{"viewers", "Viewers on the track.", [](const ViewerTrackSnapshot&) { return 1.0; }},
    ViewerGauge{"viewer_queue_buffers", "Packets in the queues of the track's viewers.",
                [](const ViewerTrackSnapshot& t) { return static_cast<double>(t.queue.queuedBuffers); }},
    ViewerGauge{"viewer_queue_bytes", "Bytes in the queues of the track's viewers.",
                [](const ViewerTrackSnapshot& t) { return static_cast<double>(t.queue.queuedBytes); }},
    ViewerGauge{"viewer_lost_packets", "Packets that the present viewers of the track report as lost.",
                [](const ViewerTrackSnapshot& t) { return static_cast<double>(t.lost); }},
};

struct ViewerCounter {
    const char* name;
    const char* help;
    std::uint64_t ViewerTotals::*member;
};

constexpr std::array counters{
    ViewerCounter{"viewer_packets_total", "RTP packets sent to viewers.", &ViewerTotals::packets},
    ViewerCounter{"viewer_bytes_total", "Bytes of RTP sent to viewers.", &ViewerTotals::bytes},
    ViewerCounter{"viewer_retransmitted_packets_total", "RTP packets retransmitted to viewers.",
                  &ViewerTotals::retransmitted},
    ViewerCounter{"viewer_unavailable_packets_total",
                  "RTP packets that viewers requested again, but that were no longer held.",
                  &ViewerTotals::unavailable},
    ViewerCounter{"viewer_keyframe_wishes_total", "Wishes of viewers for a keyframe.",
                  &ViewerTotals::keyframesWanted},
};

prometheus::ClientMetric::Label labelOf(const TrackName& track) {
    return {"track", track.text()};
}

/// A track without viewers has a sum too: 0.
std::map<TrackName, double> sumOf(const Snapshot& snapshot, const ViewerGauge& gauge) {
    std::map<TrackName, double> sums;
    for (const auto& track : snapshot.tracks)
        sums[track.name];
    for (const auto& viewer : snapshot.viewers)
        for (const auto& track : viewer.tracks)
            if (const auto sum = sums.find(track.track); sum != sums.end()) sum->second += gauge.read(track);
    return sums;
}

void addDrops(Families& families, const Snapshot& snapshot) {
    Family dropped =
        counter("viewer_queue_dropped_total", "Packets that were not sent to viewers, by reason.");
    for (const auto& [track, totals] : snapshot.viewerTotals)
        for (std::size_t i = 0; i < relay::dropReasons; ++i)
            dropped.add(
                {labelOf(track), {"reason", relay::dropReasonName(static_cast<relay::DropReason>(i))}},
                static_cast<double>(totals.dropped.at(i)));
    std::move(dropped).moveTo(families);
}

} // namespace

void addViewerFamilies(Families& families, const Snapshot& snapshot) {
    for (const ViewerGauge& each : gauges) {
        Family family = gauge(each.name, each.help);
        for (const auto& [track, sum] : sumOf(snapshot, each))
            family.add({labelOf(track)}, sum);
        std::move(family).moveTo(families);
    }
    for (const ViewerCounter& each : counters) {
        Family family = counter(each.name, each.help);
        for (const auto& [track, totals] : snapshot.viewerTotals)
            family.add({labelOf(track)}, static_cast<double>(totals.*(each.member)));
        std::move(family).moveTo(families);
    }
    addDrops(families, snapshot);
}

} // namespace spillway::daemon::metrics
