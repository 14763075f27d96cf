// A relay as the API and the metrics may meet it, made by hand.
#pragma once

#include "relay/values/snapshot.h"

namespace spillway::test {

inline relay::TrackSnapshot track(const std::string& participant, const std::string& source) {
    relay::TrackSnapshot track;
    track.name = {"studio", participant, source};
    track.kind = source == "video" ? relay::MediaKind::video : relay::MediaKind::audio;
    track.codec = source == "video" ? "VP8" : "OPUS";
    track.clockRate = source == "video" ? 90000 : 48000;
    track.receivedPackets = 100;
    track.receivedBytes = 120000;
    track.lostPackets = 3;
    track.lastPacketAge = 0.25;
    track.keyframeWishes.front() = 2;
    track.keyframeRequests = 1;
    track.keyframes = 4;
    return track;
}

inline relay::SubscriberSnapshot subscriber(const relay::TrackName& name) {
    relay::SubscriberSnapshot subscriber;
    subscriber.track = name;
    subscriber.bounds = {64, 1000000, std::chrono::milliseconds(1500), config::QueuePolicy::latest};
    subscriber.queue.received = 50;
    subscriber.queue.delivered = 40;
    subscriber.queue.dropped = {5, 1, 0, 0, 0};
    subscriber.queue.queuedBuffers = 4;
    subscriber.queue.queuedBytes = 4000;
    subscriber.queue.queuedTime = std::chrono::milliseconds(120);
    subscriber.queue.oldest = relay::Clock::now() - std::chrono::seconds(2);
    subscriber.status = {"/recordings/a.mkv", "disk full", 2};
    return subscriber;
}

inline relay::CallSnapshot call(const std::string& name) {
    relay::CallSnapshot call;
    call.name = name;
    call.type = "whip";
    call.state = relay::CallState::joined;
    call.since = std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000123));
    call.participants = {{"alice", "Alice <b>&\"'\xff", true, true}};
    call.peers = 1;
    call.reconnects = {{"replaced", 7}};
    call.peersLost = {{"ice", 1}, {"timeout", 2}};
    return call;
}

inline relay::ViewerTrackSnapshot viewed(const relay::TrackName& name) {
    relay::ViewerTrackSnapshot track;
    track.track = name;
    track.bounds = {512, 2000000, std::chrono::milliseconds(500), config::QueuePolicy::dropToKeyframe};
    track.queue.received = 30;
    track.queue.delivered = 28;
    track.queue.queuedBuffers = 2;
    track.queue.queuedBytes = 2000;
    track.queue.oldest = relay::Clock::now();
    track.counters = {28, 28000, 3, 1, 2};
    track.reception = {4, 0.125, 0.25, 0.5};
    return track;
}

inline relay::ViewerSnapshot viewer(relay::ViewerId id, std::vector<relay::ViewerTrackSnapshot> tracks) {
    relay::ViewerSnapshot viewer;
    viewer.id = id;
    viewer.call = "studio";
    viewer.participant = "alice";
    viewer.state = relay::ViewerState::connected;
    viewer.age = 1.5;
    viewer.address = "192.0.2.1:50000";
    viewer.bandwidth = 800000;
    viewer.tracks = std::move(tracks);
    return viewer;
}

/// Two viewers on alice's video, one of them on her audio too, and one that still connects; others have left.
inline void addViewers(relay::Snapshot& snapshot) {
    const auto video = viewed(snapshot.tracks.front().name);
    const auto audio = viewed(snapshot.tracks.back().name);
    snapshot.viewers = {viewer(7, {video, audio}), viewer(8, {video}), viewer(9, {})};
    snapshot.viewers.back().state = relay::ViewerState::connecting;
    snapshot.viewers.back().address.clear();
    snapshot.viewerTotals[video.track] = {{1000, 900000, 30, 5, 12}, {6, 7, 0, 0, 2}};
    snapshot.viewerTotals[audio.track] = {{500, 50000, 0, 0, 0}, {}};
}

/// Call studio with alice's video, watched by `archive`, and her audio, drained.
inline relay::Snapshot studio() {
    relay::Snapshot snapshot;
    snapshot.calls = {call("studio")};
    snapshot.tracks = {track("alice", "video"), track("alice", "audio")};
    snapshot.publisherIce = {true, "webrtc.announce is set"};
    snapshot.rejectedPackets = 17;
    snapshot.batchScheduling = true;
    snapshot.socketDrops = {{"publishers", 3}, {"viewers", 4}};
    snapshot.tcp = {5, 6, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    snapshot.tracks.front().subscribers = 1;
    snapshot.tracks.back().draining = true;
    snapshot.tracks.back().drainedPackets = 90;
    snapshot.subscriptions = {{"archive",
                               "*/*/*",
                               config::RecordOutput{},
                               {subscriber(snapshot.tracks.front().name)},
                               {{"studio/alice/audio", "no"}}}};
    relay::Histogram histogram({1, 2});
    histogram.add(0.5);
    histogram.add(9);
    snapshot.outputs["record"] = {histogram.read(), histogram.read(), histogram.read()};
    snapshot.queueMemory = 1000000;
    snapshot.queueMemoryLimit = 5000000;
    return snapshot;
}

} // namespace spillway::test
