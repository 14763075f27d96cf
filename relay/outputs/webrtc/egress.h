// The viewers of this node: one port, one worker for each core, no thread for a viewer.
//
// Comes in: offers, and news of tracks. Goes out: answers, and by the workers media. A viewer's tracks are
// chosen when it comes, by name; they may end and come back while it stays. Before it is connected a viewer
// holds nothing but a place among those that wait, of which the oldest go when there are too many. Connected
// ones go, the newest first, when the operator's own subscriptions need their memory. Owner: Relay. Loop
// thread.
#pragma once

#include "relay/outputs/webrtc/agreement.h"
#include "relay/outputs/webrtc/viewer.h"
#include "relay/outputs/webrtc/worker/worker.h"
#include "relay/port/media_port.h"
#include "relay/values/event.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

class Egress {
  public:
    /// What it uses of the relay; outlives it.
    struct Context {
        Loop& loop;
        port::MediaPort& port;
        QueueBudget& budget;
        OutputMetrics& metrics;
        OnEvent happened;
        /// Whether a track of this kind of that participant is about to come: who views waits for it. May be
        /// empty.
        std::function<bool(const std::string& call, const std::string& participant, MediaKind kind)>
            isComing = {};
    };

    /// Binds the port; nobody can view when it is not open. Throws std::runtime_error naming the address.
    explicit Egress(Context context);
    /// Ends all viewers.
    ~Egress();
    Egress(const Egress&) = delete;
    Egress& operator=(const Egress&) = delete;

    /// Throws ViewRefused.
    ViewAnswer view(const ViewRequest& request, std::function<void(const std::string& reason)> onEnded);
    bool end(ViewerId viewer);
    void endAll();

    void trackAdded(Track& track);
    /// Must come before the track goes.
    void trackEnds(const TrackName& track);
    void callEnds(const std::string& call);

    void addTo(Snapshot& snapshot) const;
    /// Whether a worker has been inside one turn for longer than that.
    bool isStuck(Clock::duration limit) const;

  private:
    std::vector<Track*> tracksFor(const ViewRequest& request) const;
    /// Throws ViewRefused when the viewer would take more than there is, and it is about to come: what a
    /// viewer is not answered at first it never gets.
    void waitForOthers(const ViewRequest& request, const std::vector<Track*>& tracks,
                       const sdp::ViewerOffer& offer) const;
    Worker& workerFor(const std::vector<AgreedLine>& lines);
    bool isWatchedAt(const Worker& worker, const TrackName& track) const;
    std::string answer(const sdp::ViewerOffer& offer, const std::vector<AgreedLine>& lines,
                       const sdp::IceCredentials& credentials) const;
    QueueBudget::Reservation reserve(std::uint64_t bytes, std::uint32_t queues);
    std::uint64_t bytesOf(const Viewer& viewer) const;
    SessionSetup setUp(const Viewer& viewer, const sdp::ViewerOffer& offer);
    void onConnected(ViewerId id);
    void play(Viewer& viewer);
    bool endNewest();
    void finish(ViewerId viewer, const std::string& reason);
    void remove(ViewerId viewer, const std::string& reason);
    void settle(ViewerId gone);
    void forTracksNamed(const TrackName& name, const std::function<void(ViewerTrack&)>& fn);
    void report(const Viewer& viewer, const char* state, const std::string& detail) const;

    Context context_;
    std::unique_ptr<DtlsContext> dtls_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::map<TrackName, Track*> tracks_; ///< that exist
    Pending pending_;                    ///< of viewers_
    std::map<ViewerId, std::unique_ptr<Viewer>> viewers_;
    std::map<ViewerId, std::unique_ptr<Viewer>> leaving_; ///< until their workers have let go of them
    std::map<TrackName, ViewerTotals> totalsOfGone_;      ///< of viewers that have gone, of tracks that exist
    ViewerId lastId_ = 0;
    Lifetime lifetime_;
};

} // namespace spillway::relay::webrtc
