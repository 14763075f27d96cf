// The thread of all publishers, with its sockets on the node's UDP port.
//
// Comes in: datagrams of the port; those of viewers are passed on to their workers, and theirs pass on a
// publisher's. Goes out: a publisher's SRTP, to its MediaSink, on this thread as far as the queues; its DTLS
// and SRTCP, into its webrtcbin's queue, which drops what is oldest, so that no publisher makes another wait.
// While nobody watches any of them, it reads what came within some milliseconds at once. Owner: Relay. Main
// loop, but where it says any thread.
#pragma once

#include "relay/base/audience.h"
#include "relay/ingest/publisher_session.h"
#include "relay/ingest/slow_lane.h"
#include "relay/port/mailbox.h"
#include "relay/port/media_port.h"
#include "relay/port/reactor.h"
#include "relay/port/session_table.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::ingest {

class Ingest : public port::SessionOwner, private port::Reactor::Hooks {
  public:
    /// Binds before any other thread of the port. Throws std::runtime_error naming the address.
    explicit Ingest(port::MediaPort& port);
    ~Ingest() override;
    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

    /// Ends its thread. Before other owners of sessions on the port go. Idempotent.
    void stop();

    bool isReachable() const { return !port_.reachable().empty(); }
    std::vector<std::string> candidates() const { return port_.candidates(); }
    void add(SessionSetup setup);
    void remove(const std::string& ufrag);

    /// Whoever takes a seat gets what comes from then on at once; while nobody has one, some milliseconds
    /// later. Seats are taken while this exists.
    const std::shared_ptr<Audience>& audience() const { return audience_; }

    /// For what must not hold up its thread. Ends with stop().
    SlowLane& lane() { return lane_; }

    /// Any thread: one datagram, at once; lost when the kernel does not take it.
    void send(const port::Path& path, Bytes datagram) const { sockets_->sendAlone(path, datagram); }
    void pass(Bytes datagram, const port::Path& path) override { mailbox_.add(datagram, path); }
    void losePath(const port::Path& path) override;

    std::uint64_t drops() const { return sockets_->drops(); }
    std::optional<Clock::time_point> busySince() const { return reactor_.busySince(); }

  private:
    bool onReady(std::span<const std::uint32_t>) override { return false; }
    std::optional<Clock::time_point> nextTimeout() override;
    void onTimeout(Clock::time_point now) override;
    std::optional<Clock::time_point> nextRead(Clock::time_point now) override;

    void read(std::size_t socket);
    void onDatagram(MutableBytes datagram, const port::Path& path, port::From from);
    void onStun(PublisherSession& session, Bytes datagram, const port::Path& path);
    void wakeFor(const PublisherSession& session);
    void open(SessionSetup setup, port::SessionTag tag);
    void drop(const std::string& ufrag);
    /// Work for one session: an exception in it ends this session alone.
    template <class Work>
    static void with(PublisherSession& session, const Work& work);

    port::MediaPort& port_;
    const std::unique_ptr<port::Sockets> sockets_;
    const std::chrono::milliseconds pause_; ///< how long what comes may wait while nobody watches

    // Of the thread alone.
    std::map<std::string, std::unique_ptr<PublisherSession>> sessions_; ///< by our ufrag
    port::SessionTable<PublisherSession> table_;
    Clock::time_point nextTick_{};
    Clock::time_point readAt_{}; ///< when all that had come was read

    const std::shared_ptr<Audience> audience_;
    SlowLane lane_;
    port::Mailbox mailbox_;
    port::Reactor reactor_; ///< last: its thread uses the rest
};

} // namespace spillway::relay::ingest
