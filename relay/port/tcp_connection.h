// One TCP connection of a remote, as those see it who send by it.
//
// Comes in: datagrams, from any thread. Goes out: the same in frames (RFC 4571), at once where the kernel
// takes them. Of a frame that it took in part the rest waits; of media so do the frames behind it, up to a
// bound. All else that finds no room is lost, as it would be by UDP. Nothing blocks. Owner: the TcpPort,
// which reads it, and whoever is sending just now. Any thread.
#pragma once

#include "relay/base/clock.h"
#include "relay/base/descriptor.h"
#include "relay/port/burst.h"
#include "relay/port/path.h"
#include "relay/port/stun_message.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace spillway::relay::port {

class TcpConnection {
  public:
    /// Bytes of media that wait at most: a turn of a viewer's channel fits in.
    static constexpr std::size_t maxWaiting = 128UL * 1024;
    /// Bytes that the kernel keeps for it: a tenth of a second at 10 Mbit/s. More is delay.
    static constexpr int kernelBytes = 128 * 1024;

    /// What becomes of datagrams that the kernel has no room for.
    enum class Full { lose, wait };

    /// `epoll` has the socket, by the path's number, and outlives this.
    TcpConnection(Descriptor socket, const Path& path, int epoll);
    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;

    const Path& path() const { return path_; }

    /// How many were taken: the first ones.
    std::size_t send(std::span<const Run> datagrams, Full full);
    /// Since when it has taken nothing of what waits; none while nothing waits.
    std::optional<Clock::time_point> blockedSince() const;
    /// A session accepted a check that came by it.
    void admit(SessionTag session);
    std::optional<SessionTag> session() const;

    /// What waits may go on.
    void onWritable();
    /// As recv(): 0 at the end, below 0 with errno.
    std::ptrdiff_t receive(MutableBytes into) const;
    /// `reset` leaves nothing of it in the kernel.
    void close(bool reset);

  private:
    std::size_t write(std::span<const Run> datagrams);
    bool keep(const Run& datagram, std::size_t written);
    void listen(std::uint32_t events) const;

    const Path path_;
    const int epoll_;

    mutable std::mutex mutex_; ///< protects the rest
    Descriptor socket_;
    std::optional<SessionTag> session_;
    std::vector<std::uint8_t> waiting_;
    std::size_t gone_ = 0; ///< bytes of `waiting_` that the kernel has
    Clock::time_point progress_{};
};

} // namespace spillway::relay::port
