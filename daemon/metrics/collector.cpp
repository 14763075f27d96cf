#include "daemon/metrics/collector.h"

#include "daemon/metrics/families.h"
#include "daemon/metrics/process_metrics.h"
#include "daemon/metrics/relay_metrics.h"

#include <prometheus/text_serializer.h>

namespace spillway::daemon::metrics {

namespace {

void addBuild(Families& families, const Collector::Build& versions) {
    Family build = gauge("build_info", "1, with the versions as labels.");
    build.add({{"version", versions.version}, {"gstreamer", versions.gstreamer}}, 1);
    std::move(build).moveTo(families);
}

void addPublisherIce(Families& families, const relay::PublisherIceChoice& choice) {
    Family info = gauge("publishers_ice_info", "1, with how publishers reach this node, and why, as labels.");
    info.add({{"ice", choice.word()}, {"reason", choice.why}}, 1);
    std::move(info).moveTo(families);
}

void addSocketDrops(Families& families, const std::map<std::string, std::uint64_t>& drops) {
    Family family =
        counter("socket_drops_total", "Datagrams that the kernel dropped because a receive buffer of "
                                      "webrtc.listen was full.");
    for (const auto& [side, count] : drops)
        family.add({{"side", side}}, static_cast<double>(count));
    std::move(family).moveTo(families);
}

void addTcp(Families& families, const relay::TcpSnapshot& tcp) {
    Family connections =
        gauge("tcp_connections", "TCP connections of webrtc.listen_tcp, pending until they bring a "
                                 "valid check.");
    connections.add({{"state", "pending"}}, tcp.pending);
    connections.add({{"state", "open"}}, tcp.open);
    std::move(connections).moveTo(families);
    Family closed = counter("tcp_connections_closed_total", "Closed TCP connections of webrtc.listen_tcp, by "
                                                            "reason.");
    for (std::size_t i = 0; i < tcp.closed.size(); ++i)
        closed.add({{"reason", relay::tcpClosedNames.at(i)}}, static_cast<double>(tcp.closed.at(i)));
    std::move(closed).moveTo(families);
}

void addReload(Families& families, const Reload& reload) {
    const std::chrono::duration<double> when = reload.when.time_since_epoch();
    addSingle(families,
              gauge("config_last_reload_successful",
                    "1 when the last reading of the configuration succeeded, else 0."),
              reload.successful ? 1 : 0);
    addSingle(families,
              gauge("config_last_reload_timestamp_seconds",
                    "When the configuration was read the last time, successfully or not."),
              when.count());
}

void addRequests(Families& families, const http::RequestCounts& counts) {
    Family requests = counter("http_requests_total", "HTTP requests that were answered, by route pattern.");
    for (const auto& [key, count] : counts.all())
        requests.add({{"route", key.route}, {"method", key.method}, {"code", std::to_string(key.status)}},
                     static_cast<double>(count));
    std::move(requests).moveTo(families);
}

} // namespace

std::string Collector::text() const {
    Families families;
    const relay::Snapshot snapshot = sources_.snapshot();
    addBuild(families, build_);
    addPublisherIce(families, snapshot.publisherIce);
    addSingle(
        families,
        counter("srtp_rejected_packets_total",
                "SRTP and SRTCP packets of publishers and servers that were forged, replayed or malformed."),
        static_cast<double>(snapshot.rejectedPackets));
    addSingle(families,
              gauge("batch_scheduling", "1 when GStreamer's threads run SCHED_BATCH, 0 when they may not."),
              snapshot.batchScheduling ? 1 : 0);
    addSocketDrops(families, snapshot.socketDrops);
    if (snapshot.tcp) addTcp(families, *snapshot.tcp);
    addCallFamilies(families, snapshot);
    addTrackFamilies(families, snapshot);
    addQueueFamilies(families, snapshot);
    addOutputFamilies(families, snapshot);
    addViewerFamilies(families, snapshot);
    addReload(families, sources_.reload());
    addRequests(families, counts_);
    addProcessFamilies(families);
    for (auto& family : families)
        limitSeries(family, maxSeries_);
    return prometheus::TextSerializer().Serialize(families);
}

} // namespace spillway::daemon::metrics
