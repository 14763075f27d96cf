// One thread of the egress, with its sockets and its share of the viewers.
//
// Comes in: viewers by the main loop, wakes of their queues by streaming threads, datagrams of the port, of
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
#include <unordered_map>
#include <vector>

namespace spillway::relay::webrtc {

class Worker : public port::SessionOwner, private port::Reactor::Hooks {
  public:
    /// What all workers share; outlives them.
    struct Context {
        const DtlsContext& dtls;
        port::Directory& directory;
    };
    /// A number for the wakes of a queue, while this exists: until its viewer is gone at the worker.
    class Slot {
      public:
        explicit Slot(Worker& worker)
            : worker_(worker)
            , number_(worker.takeSlot()) {}
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        ~Slot() { worker_.freeSlots_.push_back(number_); }
        std::uint32_t number() const { return number_; }

      private:
        Worker& worker_;
        const std::uint32_t number_;
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
    /// Recent packets of a track, for its viewers here; made with the first of them.
    std::shared_ptr<PacketRing> ringFor(const std::string& track);
    std::size_t viewers() const { return viewers_; }
    void add(SessionSetup setup);
    /// `onGone` runs on the worker's thread once nothing of it is left.
    void remove(ViewerId viewer, std::function<void()> onGone);

    /// Any thread, also a streaming thread.
    void wake(std::uint32_t slot) { reactor_.wake(slot); }
    void pass(Bytes datagram, const port::Path& path) override { mailbox_.add(datagram, path); }
    void losePath(const port::Path& path) override;

    std::optional<Clock::time_point> busySince() const { return reactor_.busySince(); }

  private:
    std::uint32_t takeSlot();
    bool onReady(std::span<const std::uint32_t> slots) override;
    std::optional<Clock::time_point> nextTimeout() override;
    void onTimeout(Clock::time_point now) override;

    void read(std::size_t socket);
    void onDatagram(MutableBytes datagram, const port::Path& path, port::From from);
    void onStun(ViewerSession& session, Bytes datagram, const port::Path& path, Clock::time_point now);
    void lose(ViewerSession* loser);
    void open(SessionSetup setup, port::SessionTag tag);
    void drop(ViewerId viewer);
    void note(const ViewerSession& session);
    void dropOver();

    const Context context_;
    const std::unique_ptr<port::Sockets> sockets_;
    std::map<std::string, std::weak_ptr<PacketRing>> rings_; ///< main loop
    std::size_t viewers_ = 0;                                ///< main loop
    std::uint32_t slots_ = 0;                                ///< main loop: ever given
    std::vector<std::uint32_t> freeSlots_;                   ///< main loop

    // Of the thread alone.
    std::map<ViewerId, std::unique_ptr<ViewerSession>> sessions_;
    port::SessionTable<ViewerSession> table_;
    std::unordered_map<std::uint32_t, ViewerSession*> bySlot_;
    std::vector<ViewerId> over_;
    Clock::time_point nextTick_{};

    port::Mailbox mailbox_;
    port::Reactor reactor_; ///< last: its thread uses the rest
};

} // namespace spillway::relay::webrtc
