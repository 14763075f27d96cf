#include "daemon/metrics/collector.h"
#include "daemon/support/snapshots.h"
#include "support/catch.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include <unistd.h>

using namespace spillway;
using namespace spillway::daemon;

namespace {

std::string textOf(const relay::Snapshot& snapshot, std::size_t maxSeries = 5000) {
    http::RequestCounts counts;
    counts.add("/v1/calls", "GET", 200);
    const auto reload = [] {
        return metrics::Reload{false, std::chrono::system_clock::from_time_t(1700000000)};
    };
    return metrics::Collector({[&] { return snapshot; }, reload}, counts, {"1.2.3", "1.22.0"}, maxSeries)
        .text();
}

bool has(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
}

std::vector<std::string> linesOf(const std::string& text, const std::string& start) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with(start)) lines.push_back(line);
    return lines;
}

/// The last word of the only line that begins so.
double valueOf(const std::string& text, const std::string& start) {
    const auto lines = linesOf(text, start);
    REQUIRE(lines.size() == 1);
    return std::stod(lines.front().substr(lines.front().rfind(' ')));
}

} // namespace

TEST_CASE("the metrics show calls, tracks and their drains") {
    const auto text = textOf(test::studio());
    CHECK(has(text, R"(spillway_build_info{version="1.2.3",gstreamer="1.22.0"} 1)"));
    CHECK(has(text, "spillway_batch_scheduling 1"));
    CHECK(has(text, "spillway_srtp_rejected_packets_total 17"));
    CHECK(has(text, R"(spillway_publishers_ice_info{ice="lite",reason="webrtc.announce is set"} 1)"));
    CHECK(has(text, R"(spillway_socket_drops_total{side="publishers"} 3)"));
    CHECK(has(text, R"(spillway_socket_drops_total{side="viewers"} 4)"));
    CHECK(has(text, R"(spillway_tcp_connections{state="pending"} 5)"));
    CHECK(has(text, R"(spillway_tcp_connections{state="open"} 6)"));
    CHECK(has(text, R"(spillway_tcp_connections_closed_total{reason="no_check"} 3)"));
    CHECK(has(text, R"(spillway_tcp_connections_closed_total{reason="silent"} 9)"));
    CHECK(has(text, R"(spillway_calls{state="joined"} 1)"));
    CHECK(has(text, R"(spillway_call_state{call="studio",state="joining"} 0)"));
    CHECK(has(text, R"(spillway_call_reconnects_total{call="studio",reason="replaced"} 7)"));
    CHECK(has(text, R"(spillway_peer_lost_total{call="studio",cause="timeout"} 2)"));
    CHECK(has(text, "spillway_peers 1"));
    CHECK(has(text, R"(spillway_publisher_resting{call="studio",participant="alice"} 1)"));
    CHECK(has(text, "spillway_config_last_reload_successful 0"));
    CHECK(has(text, "spillway_config_last_reload_timestamp_seconds 1700000000"));
    CHECK(has(text, R"(spillway_tracks{kind="audio"} 1)"));
    CHECK(has(text, "spillway_tracks_draining 1"));
    CHECK(has(text, R"(spillway_track_draining{track="studio/alice/audio"} 1)"));
    CHECK(has(text, R"(spillway_track_drained_packets_total{track="studio/alice/audio"} 90)"));
    CHECK(has(text, R"(spillway_track_received_bytes_total{track="studio/alice/video"} 120000)"));
    CHECK(has(text, R"(spillway_track_lost_packets_total{track="studio/alice/video"} 3)"));
    CHECK(has(text, R"(spillway_track_subscribers{track="studio/alice/video"} 1)"));
    CHECK(has(text, R"(spillway_track_last_packet_age_seconds{track="studio/alice/video"} 0.25)"));
    CHECK(has(text, R"(spillway_track_keyframe_wishes_total{track="studio/alice/video",reason="attach"} 2)"));
}

TEST_CASE("a publisher with two sessions has one series, and rests when both do") {
    auto snapshot = test::studio();
    auto& participants = snapshot.calls.front().participants;
    participants.push_back({"alice", "Alice", false, false});
    participants.push_back({"bob", "Bob", true});
    const auto text = textOf(snapshot);
    CHECK(linesOf(text, "spillway_publisher_resting") ==
          std::vector<std::string>{R"(spillway_publisher_resting{call="studio",participant="alice"} 0)"});
}

TEST_CASE("the metrics show every queue's depth, bounds and counters") {
    const auto text = textOf(test::studio());
    const std::string labels = R"({subscription="archive",track="studio/alice/video"} )";
    CHECK(has(text, "spillway_queue_buffers" + labels + "4"));
    CHECK(has(text, "spillway_queue_bytes" + labels + "4000"));
    CHECK(has(text, "spillway_queue_seconds" + labels + "0.12"));
    CHECK(has(text, "spillway_queue_fill_ratio" + labels + "0.08"));
    CHECK(has(text, "spillway_queue_capacity_buffers" + labels + "64"));
    CHECK(has(text, "spillway_queue_capacity_seconds" + labels + "1.5"));
    CHECK(has(text, "spillway_queue_received_total" + labels + "50"));
    CHECK(has(text, "spillway_queue_delivered_total" + labels + "40"));
    CHECK(valueOf(text, "spillway_queue_oldest_age_seconds" + labels) >= 2);
    CHECK(has(
        text,
        R"(spillway_queue_dropped_total{subscription="archive",track="studio/alice/video",reason="full"} 5)"));
    CHECK(has(text, R"(spillway_subscribers{output="record"} 1)"));
    CHECK(has(text, "spillway_queue_memory_bytes 1000000"));
    CHECK(has(text, "spillway_queue_memory_limit_bytes 5000000"));
}

TEST_CASE("the metrics sum the viewers of a track, and count those that are gone") {
    auto snapshot = test::studio();
    test::addViewers(snapshot);
    const auto text = textOf(snapshot);
    const std::string video = R"({track="studio/alice/video"} )";
    const std::string audio = R"({track="studio/alice/audio"} )";
    CHECK(has(text, "spillway_viewers" + video + "2"));
    CHECK(has(text, "spillway_viewers" + audio + "1"));
    CHECK(has(text, "spillway_viewer_queue_buffers" + video + "4"));
    CHECK(has(text, "spillway_viewer_queue_bytes" + video + "4000"));
    CHECK(has(text, "spillway_viewer_lost_packets" + video + "8"));
    CHECK(has(text, "spillway_viewer_packets_total" + video + "1000"));
    CHECK(has(text, "spillway_viewer_packets_total" + audio + "500"));
    CHECK(has(text, "spillway_viewer_bytes_total" + video + "900000"));
    CHECK(has(text, "spillway_viewer_retransmitted_packets_total" + video + "30"));
    CHECK(has(text, "spillway_viewer_unavailable_packets_total" + video + "5"));
    CHECK(has(text, "spillway_viewer_keyframe_wishes_total" + video + "12"));
    CHECK(
        has(text,
            R"(spillway_viewer_queue_dropped_total{track="studio/alice/video",reason="await_keyframe"} 7)"));
    CHECK(has(text, R"(spillway_subscribers{output="webrtc"} 3)"));
    CHECK(text.find("192.0.2.1") == std::string::npos);
}

TEST_CASE("counters of viewers stay when the last one leaves, and go with their track") {
    auto snapshot = test::studio();
    test::addViewers(snapshot);
    snapshot.viewers.clear();
    const auto text = textOf(snapshot);
    CHECK(has(text, R"(spillway_viewers{track="studio/alice/video"} 0)"));
    CHECK(has(text, R"(spillway_viewer_packets_total{track="studio/alice/video"} 1000)"));
    test::addViewers(snapshot);
    snapshot.tracks.clear();
    snapshot.viewerTotals.clear();
    CHECK(linesOf(textOf(snapshot), "spillway_viewer").empty());
}

TEST_CASE("histograms are cumulative") {
    const auto text = textOf(test::studio());
    for (const std::string name :
         {"queue_depth_buffers", "forward_latency_seconds", "first_keyframe_seconds"}) {
        CAPTURE(name);
        CHECK(has(text, "spillway_" + name + R"(_bucket{output="record",le="1"} 1)"));
        CHECK(has(text, "spillway_" + name + R"(_bucket{output="record",le="+Inf"} 2)"));
        CHECK(has(text, "spillway_" + name + R"(_sum{output="record"} 9.5)"));
    }
}

TEST_CASE("the metrics show requests and the process") {
    const auto text = textOf({});
    CHECK(has(text, R"(spillway_http_requests_total{route="/v1/calls",method="GET",code="200"} 1)"));
    CHECK(valueOf(text, "process_resident_memory_bytes ") > 1e6);
    CHECK(valueOf(text, "process_virtual_memory_bytes ") > valueOf(text, "process_resident_memory_bytes "));
    CHECK(valueOf(text, "process_threads ") >= 1);
    CHECK(valueOf(text, "process_open_fds ") >= 3);
    CHECK(valueOf(text, "process_max_fds ") >= valueOf(text, "process_open_fds "));
    CHECK(valueOf(text, "process_cpu_seconds_total ") >= 0);
    const auto age = static_cast<double>(std::time(nullptr)) - valueOf(text, "process_start_time_seconds ");
    CHECK(age > -2);
    CHECK(age < 600);
}

TEST_CASE("a descriptor that is opened is counted once") {
    const auto before = valueOf(textOf({}), "process_open_fds ");
    const std::ifstream one("/dev/null");
    CHECK(valueOf(textOf({}), "process_open_fds ") == before + 1);
}

TEST_CASE("the metrics have what the allocator has handed out, and what it keeps") {
    // Their values are tests/interop/publisher_churn.test.mjs': a sanitizer's allocator has none.
    const std::string text = textOf({});
    CHECK(valueOf(text, R"(spillway_heap_bytes{state="used"} )") >= 0);
    CHECK(valueOf(text, R"(spillway_heap_bytes{state="free"} )") >= 0);
}

TEST_CASE("the series of a track go with it") {
    auto snapshot = test::studio();
    snapshot.tracks.clear();
    snapshot.subscriptions.front().subscribers.clear();
    CHECK(textOf(snapshot).find("studio/alice") == std::string::npos);
}

TEST_CASE("a family has no more series than the bound, and what is more is summed as other") {
    relay::Snapshot snapshot;
    for (int i = 0; i < 100; ++i)
        snapshot.tracks.push_back(test::track("p" + std::to_string(i), "video"));
    const auto text = textOf(snapshot, 10);
    const auto packets = linesOf(text, "spillway_track_received_packets_total{");
    REQUIRE(packets.size() == 10);
    CHECK(packets.back() == R"(spillway_track_received_packets_total{track="other"} 9100)");
    const auto wishes = linesOf(text, "spillway_track_keyframe_wishes_total{");
    CHECK(wishes.size() == 10);
    CHECK(has(text, R"(spillway_track_keyframe_wishes_total{track="other",reason="attach"} 198)"));
    CHECK(linesOf(textOf(snapshot, 100), "spillway_track_draining{").size() == 100);
}

TEST_CASE("Prometheus' own checker finds nothing to say about the text") {
    const auto path = std::string("/tmp/spillway-metrics-") + std::to_string(::getpid());
    auto snapshot = test::studio();
    test::addViewers(snapshot);
    std::ofstream(path) << textOf(snapshot);
    FILE* checker = ::popen(("promtool check metrics < " + path + " 2>&1").c_str(), "r");
    REQUIRE(checker != nullptr);
    std::string said;
    for (int c = std::fgetc(checker); c != EOF; c = std::fgetc(checker))
        said += static_cast<char>(c);
    CHECK(::pclose(checker) == 0);
    CHECK(said.empty());
    std::remove(path.c_str());
}
