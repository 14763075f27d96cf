#include "relay/port/sockets.h"

#include "relay/port/bound_socket.h"
#include "relay/port/burst.h"
#include "relay/port/control_message.h"
#include "relay/port/tcp_connections.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <span>

namespace spillway::relay::port {

namespace {

static_assert(Burst::maxPacket == Sockets::maxPacket);

/// The kernel's words for "not in segments, this way": too small an MTU, no checksums, IPsec, old.
bool cannotSegment(int error) {
    return error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT ||
           error == EOPNOTSUPP;
}

/// Whether to try UDP_SEGMENT: after failures only now and then.
class SegmentTrial {
  public:
    explicit SegmentTrial(bool possible)
        : possible_(possible) {}

    bool now() const { return possible_ && resting_ == 0; }
    void burstBegan() {
        if (resting_ > 0) --resting_;
    }
    void succeeded() { rest_ = 1; }
    void failed() {
        resting_ = rest_;
        rest_ = std::min(rest_ * 2, longest);
    }

  private:
    static constexpr unsigned longest = 1024; ///< bursts: then what a failure costs is lost among them
    bool possible_;
    unsigned rest_ = 1;    ///< bursts without, after the next failure
    unsigned resting_ = 0; ///< of those, to come
};

/// What recvmmsg fills in one call.
struct Incoming {
    static constexpr std::size_t datagrams = 32;

    Incoming();
    /// How many came; the places of `count` are made ready before.
    std::size_t fill(int socket, std::size_t count);

    std::array<mmsghdr, datagrams> messages{};
    std::array<iovec, datagrams> parts{};
    std::array<sockaddr_in6, datagrams> remotes{}; ///< the longer of both
    std::array<ControlMessages, datagrams> controls;
    std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(datagrams * Sockets::maxDatagram);
};

Incoming::Incoming() {
    for (std::size_t i = 0; i < datagrams; ++i) {
        parts[i] = {memory.data() + i * Sockets::maxDatagram, Sockets::maxDatagram};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &remotes[i];
    }
}

std::size_t Incoming::fill(int socket, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        messages[i].msg_hdr.msg_namelen = sizeof remotes[i];
        controls[i].receiveInto(messages[i].msg_hdr);
    }
    const int received =
        ::recvmmsg(socket, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
    return received > 0 ? static_cast<std::size_t>(received) : 0;
}

/// A run and where it goes.
struct Sending {
    const Path* path;
    Run run;
};

/// What sendmmsg sends in one call.
struct Outgoing {
    void set(std::size_t i, const Sending& sending, bool tellLocal);

    std::array<mmsghdr, Burst::maxPackets> messages{};
    std::array<iovec, Burst::maxPackets> parts{};
    std::array<ControlMessages, Burst::maxPackets> controls;
};

void Outgoing::set(std::size_t i, const Sending& sending, bool tellLocal) {
    const auto& [to, run] = sending;
    parts[i] = {run.data, run.bytes};
    controls[i].clear();
    if (tellLocal) controls[i].addLocal(to->local);
    if (run.packets > 1) controls[i].addSegment(run.segment);
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = const_cast<sockaddr*>(to->remote.get());
    header.msg_namelen = to->remote.size();
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    controls[i].giveTo(header);
}

Run runOf(Bytes datagram) {
    return {const_cast<std::uint8_t*>(datagram.data()), datagram.size(), 0, 1};
}

} // namespace

struct Sockets::Impl {
    Impl(const std::vector<SocketAddress>& addresses, const SocketOptions& options,
         const TcpConnections* connections);

    void flush();
    void gather(const Path& path, std::size_t first, std::size_t end);
    void transmitGathered();
    void transmit(std::span<const Sending> all);
    void transmitSingly(std::span<const Sending> all);
    std::size_t transmitSome(int socket, std::size_t from, std::span<const Sending> all);
    void lose(const Run& run) { counters.sendErrors += run.packets; }
    void transmitByTcp(const Path& path, std::span<const Run> datagrams, TcpConnection::Full full);

    const TcpConnections* const tcp;
    std::vector<BoundSocket> sockets;
    std::string bufferWarning;
    SocketCounters counters;
    SegmentTrial segments;
    /// Packets of the burst to one path, up to before `end`.
    struct Lot {
        Path path;
        std::size_t end;
    };
    Burst burst;
    std::vector<Lot> lots;
    std::vector<Sending> gathered; ///< for the next call, all by one socket
    Outgoing outgoing;
    Incoming incoming;
};

Sockets::Impl::Impl(const std::vector<SocketAddress>& addresses, const SocketOptions& options,
                    const TcpConnections* connections)
    : tcp(connections)
    , segments(options.segments) {
    for (const auto& address : addresses) {
        const auto& socket = sockets.emplace_back(address, options);
        bufferWarning = socket.bufferWarning();
        if (!socket.canSegment()) segments = SegmentTrial(false);
    }
}

void Sockets::Impl::flush() {
    std::size_t first = 0;
    for (const auto& [path, end] : lots) {
        if (path.isTcp())
            transmitByTcp(path, burst.runs(first, end, false), TcpConnection::Full::wait);
        else
            gather(path, first, end);
        first = end;
    }
    transmitGathered();
    lots.clear();
    burst.clear();
}

void Sockets::Impl::gather(const Path& path, std::size_t first, std::size_t end) {
    if (!gathered.empty() && gathered.front().path->socket != path.socket) transmitGathered();
    const bool together = segments.now();
    segments.burstBegan();
    for (const Run& run : burst.runs(first, end, together))
        gathered.push_back({&path, run});
}

void Sockets::Impl::transmitGathered() {
    transmit(gathered);
    gathered.clear();
}

/// As many as it takes, whatever happens to some of them. All by one socket.
void Sockets::Impl::transmit(std::span<const Sending> all) {
    if (all.empty()) return;
    assert(all.front().path->socket < sockets.size());
    const BoundSocket& socket = sockets[all.front().path->socket];
    for (std::size_t i = 0; i < all.size(); ++i)
        outgoing.set(i, all[i], socket.isWildcard());
    std::size_t done = 0;
    while (done < all.size()) {
        const std::size_t sent = transmitSome(socket.descriptor(), done, all.subspan(done));
        done += sent;
        if (sent > 0) continue;
        const int error = errno;
        if (all[done].run.packets > 1 && cannotSegment(error)) {
            segments.failed();
            return transmitSingly(all.subspan(done));
        }
        // Without room for one there is none for those behind it; anything else may be this one's alone.
        const bool full = error == EAGAIN || error == ENOBUFS || error == ENOMEM;
        const std::size_t lost = full ? all.size() - done : 1;
        for (const Sending& sending : all.subspan(done, lost))
            lose(sending.run);
        done += lost;
    }
}

void Sockets::Impl::transmitSingly(std::span<const Sending> all) {
    std::vector<Sending> singles;
    for (const auto& [path, run] : all)
        for (std::size_t at = 0; at < run.bytes; at += run.segment) {
            const std::size_t bytes = std::min<std::size_t>(run.segment, run.bytes - at);
            singles.push_back({path, Run{run.data + at, bytes, static_cast<std::uint16_t>(bytes), 1}});
        }
    transmit(singles);
}

/// One system call; how many of them went, or 0 with errno.
std::size_t Sockets::Impl::transmitSome(int socket, std::size_t from, std::span<const Sending> all) {
    ++counters.sendCalls;
    mmsghdr* messages = &outgoing.messages[from];
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    // Of one alone sendmsg, which is less work.
    const int sent = all.size() == 1 ? (::sendmsg(socket, &messages->msg_hdr, flags) < 0 ? -1 : 1)
                                     : ::sendmmsg(socket, messages, static_cast<unsigned>(all.size()), flags);
    if (sent <= 0) return 0;
    const auto count = static_cast<std::size_t>(sent);
    for (const auto& [path, run] : all.first(count)) {
        counters.sentPackets += run.packets;
        counters.sentBytes += run.bytes;
        if (run.packets > 1) segments.succeeded();
    }
    return count;
}

void Sockets::Impl::transmitByTcp(const Path& path, std::span<const Run> datagrams,
                                  TcpConnection::Full full) {
    assert(tcp);
    if (datagrams.empty()) return;
    ++counters.sendCalls;
    const std::size_t taken = tcp->send(path, datagrams, full);
    counters.sentPackets += taken;
    for (const Run& datagram : datagrams.first(taken))
        counters.sentBytes += datagram.bytes;
    for (const Run& datagram : datagrams.subspan(taken))
        lose(datagram);
}

Sockets::Sockets(const std::vector<SocketAddress>& addresses, const SocketOptions& options,
                 const TcpConnections* tcp)
    : impl_(std::make_unique<Impl>(addresses, options, tcp)) {}

Sockets::~Sockets() = default;

std::vector<SocketAddress> Sockets::boundAddresses() const {
    std::vector<SocketAddress> addresses;
    for (const auto& socket : impl_->sockets)
        addresses.push_back(socket.address());
    return addresses;
}

const std::string& Sockets::bufferWarning() const {
    return impl_->bufferWarning;
}

std::vector<int> Sockets::descriptors() const {
    std::vector<int> descriptors;
    for (const auto& socket : impl_->sockets)
        descriptors.push_back(socket.descriptor());
    return descriptors;
}

std::size_t Sockets::receive(std::size_t socket, std::size_t max,
                             const std::function<void(MutableBytes, const Path&)>& each) {
    const BoundSocket& from = impl_->sockets.at(socket);
    Incoming& incoming = impl_->incoming;
    std::size_t received = 0;
    while (received < max) {
        const std::size_t wanted = std::min<std::size_t>(max - received, Incoming::datagrams);
        const std::size_t came = incoming.fill(from.descriptor(), wanted);
        received += came;
        for (std::size_t i = 0; i < came; ++i) {
            mmsghdr& message = incoming.messages[i];
            if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
            const auto* remote = static_cast<const sockaddr*>(message.msg_hdr.msg_name);
            const Path path{SocketAddress::of(remote), localOf(message.msg_hdr, from.address()),
                            static_cast<std::uint32_t>(socket)};
            each({static_cast<std::uint8_t*>(incoming.parts[i].iov_base), message.msg_len}, path);
        }
        if (came < wanted) break;
    }
    impl_->counters.receivedPackets += received;
    return received;
}

void Sockets::send(const Path& path, Bytes datagram) {
    const Run run = runOf(datagram);
    if (path.isTcp()) return impl_->transmitByTcp(path, std::span(&run, 1), TcpConnection::Full::lose);
    const Sending sending{&path, run};
    impl_->transmit(std::span(&sending, 1));
}

void Sockets::sendAlone(const Path& path, Bytes datagram) const {
    if (path.isTcp()) {
        const Run run = runOf(datagram);
        impl_->tcp->send(path, std::span(&run, 1), TcpConnection::Full::lose);
        return;
    }
    const BoundSocket& socket = impl_->sockets.at(path.socket);
    iovec part{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
    ControlMessages control;
    if (socket.isWildcard()) control.addLocal(path.local);
    msghdr header{};
    header.msg_name = const_cast<sockaddr*>(path.remote.get());
    header.msg_namelen = path.remote.size();
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    control.giveTo(header);
    [[maybe_unused]] const auto sent = ::sendmsg(socket.descriptor(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

MutableBytes Sockets::room(std::size_t bytes) {
    return impl_->burst.room(bytes);
}

void Sockets::add(std::size_t bytes) {
    impl_->burst.add(bytes);
}

void Sockets::to(const Path& path) {
    auto& lots = impl_->lots;
    const std::size_t before = lots.empty() ? 0 : lots.back().end;
    if (impl_->burst.packets() > before) lots.push_back({path, impl_->burst.packets()});
}

void Sockets::flush() {
    assert(impl_->burst.packets() == (impl_->lots.empty() ? 0 : impl_->lots.back().end));
    impl_->flush();
}

std::optional<Clock::time_point> Sockets::blockedSince(const Path& path) const {
    return path.isTcp() ? impl_->tcp->blockedSince(path) : std::nullopt;
}

void Sockets::admit(const Path& path, SessionTag session) const {
    if (path.isTcp()) impl_->tcp->admit(path, session);
}

SocketCounters Sockets::counters() const {
    return impl_->counters;
}

std::uint64_t Sockets::drops() const {
    std::uint64_t sum = 0;
    for (const auto& socket : impl_->sockets)
        sum += socket.drops();
    return sum;
}

bool Sockets::segments() const {
    return impl_->segments.now();
}

} // namespace spillway::relay::port
