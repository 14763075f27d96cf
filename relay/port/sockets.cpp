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

/// What sendmmsg sends in one call.
struct Outgoing {
    void set(std::size_t i, const Path& path, const Run& run, bool tellLocal);

    std::array<mmsghdr, Burst::maxPackets> messages{};
    std::array<iovec, Burst::maxPackets> parts{};
    std::array<ControlMessages, Burst::maxPackets> controls;
};

void Outgoing::set(std::size_t i, const Path& path, const Run& run, bool tellLocal) {
    parts[i] = {run.data, run.bytes};
    controls[i].clear();
    if (tellLocal) controls[i].addLocal(path.local);
    if (run.packets > 1) controls[i].addSegment(run.segment);
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = const_cast<sockaddr*>(path.remote.get());
    header.msg_namelen = path.remote.size();
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

    void transmit(const Path& path, std::span<const Run> runs);
    void transmitSingly(const Path& path, std::span<const Run> runs);
    std::size_t transmitSome(int socket, std::size_t from, std::span<const Run> runs);
    void lose(std::span<const Run> runs);
    void transmitByTcp(const Path& path, std::span<const Run> datagrams, TcpConnection::Full full);

    const TcpConnections* const tcp;
    std::vector<BoundSocket> sockets;
    std::string bufferWarning;
    SocketCounters counters;
    SegmentTrial segments;
    Burst burst;
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

/// As many of the runs as it takes, whatever happens to some of them.
void Sockets::Impl::transmit(const Path& path, std::span<const Run> runs) {
    assert(path.socket < sockets.size());
    const BoundSocket& socket = sockets[path.socket];
    for (std::size_t i = 0; i < runs.size(); ++i)
        outgoing.set(i, path, runs[i], socket.isWildcard());
    std::size_t done = 0;
    while (done < runs.size()) {
        const std::size_t sent = transmitSome(socket.descriptor(), done, runs.subspan(done));
        done += sent;
        if (sent > 0) continue;
        const int error = errno;
        if (runs[done].packets > 1 && cannotSegment(error)) {
            segments.failed();
            transmitSingly(path, runs.subspan(done));
            return;
        }
        // Without room for one there is none for those behind it; anything else may be this one's alone.
        const bool full = error == EAGAIN || error == ENOBUFS || error == ENOMEM;
        lose(runs.subspan(done, full ? runs.size() - done : 1));
        done += full ? runs.size() : 1;
    }
}

void Sockets::Impl::transmitSingly(const Path& path, std::span<const Run> runs) {
    std::array<Run, Burst::maxPackets> singles;
    std::size_t count = 0;
    for (const Run& run : runs)
        for (std::size_t at = 0; at < run.bytes; at += run.segment) {
            const std::size_t bytes = std::min<std::size_t>(run.segment, run.bytes - at);
            singles[count++] = Run{run.data + at, bytes, static_cast<std::uint16_t>(bytes), 1};
        }
    transmit(path, std::span(singles).first(count));
}

/// One system call; how many of the runs went, or 0 with errno.
std::size_t Sockets::Impl::transmitSome(int socket, std::size_t from, std::span<const Run> runs) {
    ++counters.sendCalls;
    mmsghdr* messages = &outgoing.messages[from];
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    // Of one alone sendmsg, which is less work.
    const int sent = runs.size() == 1
                         ? (::sendmsg(socket, &messages->msg_hdr, flags) < 0 ? -1 : 1)
                         : ::sendmmsg(socket, messages, static_cast<unsigned>(runs.size()), flags);
    if (sent <= 0) return 0;
    const auto count = static_cast<std::size_t>(sent);
    for (const Run& run : runs.first(count)) {
        counters.sentPackets += run.packets;
        counters.sentBytes += run.bytes;
        if (run.packets > 1) segments.succeeded();
    }
    return count;
}

void Sockets::Impl::lose(std::span<const Run> runs) {
    for (const Run& run : runs)
        counters.sendErrors += run.packets;
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
    lose(datagrams.subspan(taken));
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
    impl_->transmit(path, std::span(&run, 1));
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

void Sockets::flush(const Path& path) {
    if (path.isTcp()) {
        impl_->transmitByTcp(path, impl_->burst.runs(false), TcpConnection::Full::wait);
    } else {
        const bool together = impl_->segments.now();
        impl_->segments.burstBegan();
        impl_->transmit(path, impl_->burst.runs(together));
    }
    impl_->burst.clear();
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
