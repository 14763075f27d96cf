// One thread of the egress, with its sockets and its share of the viewers.
//
// Comes in: viewers by the main loop, wakes of their feeds by streaming threads, datagrams of the port, of
// which some are another worker's viewers' and are passed on to it. Goes out: what the sessions send. Owner:
// Egress. Main loop, but where it says any thread.
#pragma once

#include "relay/outputs/webrtc/worker/viewer_session.h"
#include "relay/port/mailbox.h"
#include "relay/port/reactor.h"
#include "relay/port/session_table.h"
#include "relay/port/sockets.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::webrtc {

class Worker : public port::SessionOwner, private port::Reactor::Hooks {
  public:
    /// What all workers share; outlives them.
    struct Context {
        const DtlsContext& dtls;
        port::Directory& directory;
    };

    /// `index` is for the thread's name.
    Worker(unsigned index, std::unique_ptr<port::Sockets> sockets, Context context);
    ~Worker() override;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start() { reactor_.start(); }
    /// Ends its sessions, saying good-bye, then its thread.
    void stop();

    const port::Sockets& sockets() const { return *sockets_; }
    /// What feeds the viewers of a track here; made with the first of them, by `setup`, of which the slot and
    /// the wake are the worker's. It goes once its last viewer is gone at the worker.
    std::shared_ptr<Feed> feedFor(const std::string& track, Feed::Setup setup);
    std::size_t viewers() const { return viewers_; }
    void add(SessionSetup setup);
    /// What a viewer that is connected gets.
    void play(ViewerId viewer, std::vector<ChannelSetup> channels);
    /// `onGone` runs on the worker's thread once nothing of it is left.
    void remove(ViewerId viewer, std::function<void()> onGone);

    void pass(Bytes datagram, const port::Path& path) override { mailbox_.add(datagram, path); }
    void losePath(const port::Path& path) override;

    std::optional<Clock::time_point> busySince() const { return reactor_.busySince(); }

  private:
    /// Who is fed by a feed.
    struct Audience {
        struct Member {
            ViewerSession* session;
            Channel* channel;
        };
        std::shared_ptr<Feed> feed; ///< as long as there is one
        std::vector<Member> members;
    };

    std::uint32_t takeSlot();
    bool onReady(std::span<const std::uint32_t> slots) override;
    std::optional<Clock::time_point> nextTimeout() override;
    void onTimeout(Clock::time_point now) override;

    void read(std::size_t socket);
    void onDatagram(MutableBytes datagram, const port::Path& path, port::From from);
    void onStun(ViewerSession& session, Bytes datagram, const port::Path& path, Clock::time_point now);
    void lose(ViewerSession* loser);
    void open(SessionSetup setup, port::SessionTag tag);
    void begin(ViewerId viewer, std::vector<ChannelSetup> channels);
    void join(ViewerSession& session);
    void leave(const ViewerSession& session);
    void drop(ViewerId viewer);
    std::size_t serve(Audience& audience, Clock::time_point now);
    void deliver(const Audience& audience, Clock::time_point now);
    /// Work for one session: an exception in it ends this session alone.
    template <class Work>
    void with(ViewerSession& session, const Work& work);
    void note(const ViewerSession& session);
    void dropOver();

    const Context context_;
    const std::unique_ptr<port::Sockets> sockets_;
    std::map<std::string, std::weak_ptr<Feed>> feeds_; ///< main loop
    std::size_t viewers_ = 0;                          ///< main loop
    std::uint32_t slots_ = 0;                          ///< main loop: ever given
    std::vector<std::uint32_t> freeSlots_;             ///< main loop

    // Of the thread alone.
    std::map<ViewerId, std::unique_ptr<ViewerSession>> sessions_;
    port::SessionTable<ViewerSession> table_;
    std::vector<Audience> audiences_; ///< by slot
    Batch batch_;                     ///< on its way to one of them
    std::vector<ViewerId> over_;
    Clock::time_point nextTick_{};

    port::Mailbox mailbox_;
    port::Reactor reactor_; ///< last: its thread uses the rest
};

} // namespace spillway::relay::webrtc
