// Viewers, summed over each track: they come and go, and none has a series of its own. Counters are the
// relay's totals, which those that are gone stay in; gauges are sums over who is there.
#include "daemon/metrics/relay_metrics.h"

#include <map>

namespace spillway::daemon::metrics {

namespace {

using relay::Snapshot;
using relay::TrackName;
using relay::ViewerCounters;
using relay::ViewerTotals;

/// Those that are on a track now.
struct Audience {
    std::uint64_t viewers = 0;
    std::uint64_t buffers = 0;
    std::uint64_t bytes = 0;
    std::uint64_t lost = 0;
};

constexpr std::array gauges{
    Column<Audience>{"viewers", "Viewers on the track.", field<&Audience::viewers>},
    Column<Audience>{"viewer_queue_buffers", "Packets in the queues of the track's viewers.",
                     field<&Audience::buffers>},
    Column<Audience>{"viewer_queue_bytes", "Bytes in the queues of the track's viewers.",
                     field<&Audience::bytes>},
    Column<Audience>{"viewer_lost_packets", "Packets that the present viewers of the track report as lost.",
                     field<&Audience::lost>},
};

constexpr std::array counters{
    Column<ViewerTotals>{"viewer_packets_total", "RTP packets sent to viewers.",
                         field<&ViewerTotals::counters, &ViewerCounters::packets>},
    Column<ViewerTotals>{"viewer_bytes_total", "Bytes of RTP sent to viewers.",
                         field<&ViewerTotals::counters, &ViewerCounters::bytes>},
    Column<ViewerTotals>{"viewer_retransmitted_packets_total", "RTP packets retransmitted to viewers.",
                         field<&ViewerTotals::counters, &ViewerCounters::retransmitted>},
    Column<ViewerTotals>{"viewer_unavailable_packets_total",
                         "RTP packets that viewers requested again, but that were no longer held.",
                         field<&ViewerTotals::counters, &ViewerCounters::unavailable>},
    Column<ViewerTotals>{"viewer_keyframe_wishes_total", "Wishes of viewers for a keyframe.",
                         field<&ViewerTotals::counters, &ViewerCounters::keyframesWanted>},
};

/// A track without viewers has an audience too: nobody.
std::map<TrackName, Audience> audiences(const Snapshot& snapshot) {
    std::map<TrackName, Audience> all;
    for (const auto& track : snapshot.tracks)
        all[track.name];
    for (const auto& viewer : snapshot.viewers) {
        for (const auto& track : viewer.tracks) {
            const auto found = all.find(track.track);
            if (found == all.end()) continue;
            Audience& audience = found->second;
            ++audience.viewers;
            audience.buffers += track.queue.queuedBuffers;
            audience.bytes += track.queue.queuedBytes;
            audience.lost += track.reception.lost;
        }
    }
    return all;
}

template <class Row>
Rows<Row> rowsOf(const std::map<TrackName, Row>& byTrack) {
    Rows<Row> rows;
    for (const auto& [track, row] : byTrack)
        rows.emplace_back(Labels{{"track", track.text()}}, &row);
    return rows;
}

void addDrops(Families& families, const Rows<ViewerTotals>& rows) {
    Family dropped =
        counter("viewer_queue_dropped_total", "Packets that were not sent to viewers, by reason.");
    for (const auto& [labels, totals] : rows)
        addReasons(dropped, labels, totals->dropped, relay::dropReasonName);
    std::move(dropped).moveTo(families);
}

} // namespace

void addViewerFamilies(Families& families, const Snapshot& snapshot) {
    const auto now = audiences(snapshot);
    const auto totals = rowsOf(snapshot.viewerTotals);
    addTable(families, gauges, rowsOf(now));
    addTable(families, counters, totals);
    addDrops(families, totals);
}

} // namespace spillway::daemon::metrics
