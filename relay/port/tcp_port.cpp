#include "relay/port/tcp_port.h"

#include "relay/base/log.h"
#include "relay/port/demux.h"
#include "relay/port/stun_message.h"
#include "relay/port/taking.h"

#include <fmt/core.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay::port {

namespace {

constexpr std::chrono::seconds tickPeriod{1};
constexpr int backlog = 512;
/// Of one listening socket, before connections are read.
constexpr int acceptBatch = 64;
constexpr int maxEvents = 64;
/// Of one connection before the next has its turn.
constexpr std::size_t readBytes = 16UL * 1024;
/// Nothing that shares the port is shorter than a header of RTCP. What is would fill the queues of others.
constexpr std::size_t shortest = 8;

void need(bool done) {
    if (!done) throw std::system_error(errno, std::generic_category());
}

bool setOption(int socket, int level, int option, int value) {
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

SocketAddress localOf(const Descriptor& socket) {
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    need(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    return SocketAddress::of(reinterpret_cast<const sockaddr*>(&bound));
}

/// Connections inherit its options.
Descriptor listeningAt(const SocketAddress& address) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    need(bool{socket});
    const int fd = socket.get();
    // As with UDP: else `::` would take the IPv4 of `0.0.0.0` too.
    if (address.family() == AF_INET6) need(setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    need(setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1));
    need(setOption(fd, SOL_SOCKET, SO_SNDBUF, TcpConnection::kernelBytes));
    need(setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    need(::bind(fd, address.get(), address.size()) == 0);
    need(::listen(fd, backlog) == 0);
    return socket;
}

/// Who has one address of a /64 has them all.
bool isSameHost(const SocketAddress& a, const SocketAddress& b) {
    constexpr std::size_t prefix = 8;
    if (a.family() != b.family()) return false;
    if (a.family() == AF_INET) return a.v4().sin_addr.s_addr == b.v4().sin_addr.s_addr;
    return std::memcmp(&a.v6().sin6_addr, &b.v6().sin6_addr, prefix) == 0;
}

} // namespace

TcpPort::TcpPort(const std::vector<SocketAddress>& addresses, const Directory& directory)
    : directory_(directory)
    , epoll_(::epoll_create1(EPOLL_CLOEXEC))
    , incoming_(readBytes)
    , reactor_("tcp", *this) {
    need(bool{epoll_});
    for (const auto& address : addresses)
        listen(address);
    letIn(true);
    reactor_.watch(epoll_.get(), [this] { onEvents(); });
    reactor_.start();
}

TcpPort::~TcpPort() {
    stop();
}

void TcpPort::listen(const SocketAddress& address) {
    try {
        listeners_.push_back(listeningAt(address));
        addresses_.push_back(localOf(listeners_.back()));
    } catch (const std::system_error& error) {
        throw std::runtime_error(
            fmt::format("cannot listen on TCP {}: {}", address.text(), error.code().message()));
    }
    epoll_event event{};
    event.data.u64 = listeners_.size() - 1;
    need(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listeners_.back().get(), &event) == 0);
    log::info("peers by TCP listening address={}", addresses_.back().text());
}

/// Whether connections that wait wake the thread.
void TcpPort::letIn(bool open) {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        epoll_event event{};
        if (open) event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listeners_[i].get(), &event);
    }
    lettingIn_ = open;
}

void TcpPort::onEvents() {
    std::array<epoll_event, maxEvents> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), maxEvents, 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 < Path::firstConnection) {
            accept(event.data.u64);
            continue;
        }
        // One that was closed just now may have had an event, too.
        const auto found = remotes_.find(static_cast<std::uint32_t>(event.data.u64));
        if (found == remotes_.end()) continue;
        if ((event.events & EPOLLOUT) != 0) found->second.connection->onWritable();
        if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(found->second);
    }
}

void TcpPort::accept(std::size_t listener) {
    for (int i = 0; i < acceptBatch; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        Descriptor socket(::accept4(listeners_[listener].get(), reinterpret_cast<sockaddr*>(&from), &size,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            // It waits in the kernel, and would wake the thread again and again.
            if (pending_.empty()) return letIn(false);
            close(*pending_.begin(), TcpClosed::evicted);
            continue;
        }
        if (!socket && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (!socket) continue; // it is gone already
        const auto remote = SocketAddress::of(reinterpret_cast<const sockaddr*>(&from));
        const auto local = addresses_[listener].isWildcard() ? localOf(socket) : addresses_[listener];
        open(std::move(socket), {remote, local, 0});
    }
}

void TcpPort::open(Descriptor socket, const Path& path) {
    if (!makeRoom(path.remote)) {
        ++closed_[static_cast<std::size_t>(TcpClosed::full)];
        return;
    }
    do {
        lastNumber_ = std::max(lastNumber_ + 1, Path::firstConnection);
    } while (remotes_.contains(lastNumber_));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = lastNumber_;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) return;
    const auto connection = std::make_shared<TcpConnection>(
        std::move(socket), Path{path.remote, path.local, lastNumber_}, epoll_.get());
    connections_.add(connection);
    const auto now = Clock::now();
    remotes_.emplace(lastNumber_, Remote{connection, now, now, nullptr, std::nullopt, {}});
    pending_.insert(lastNumber_);
}

/// For one connection more from there.
bool TcpPort::makeRoom(const SocketAddress& remote) {
    settle();
    std::vector<std::uint32_t> same;
    for (const std::uint32_t number : pending_)
        if (isSameHost(remotes_.at(number).connection->path().remote, remote)) same.push_back(number);
    if (same.size() >= maxPendingOfAddress)
        close(same.front(), TcpClosed::evicted);
    else if (!pending_.empty() && (pending_.size() >= maxPending || remotes_.size() >= maxConnections))
        close(*pending_.begin(), TcpClosed::evicted);
    return remotes_.size() < maxConnections;
}

void TcpPort::read(Remote& remote) {
    const std::uint32_t number = remote.connection->path().socket;
    const auto received = remote.connection->receive(incoming_);
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (received <= 0) return close(number, TcpClosed::peer);
    remote.heard = Clock::now();
    const Bytes stream = Bytes(incoming_).first(static_cast<std::size_t>(received));
    if (!remote.frames.read(stream, [&](Bytes datagram) { onFrame(remote, datagram); }))
        return close(number, TcpClosed::tooLong);
    if (remote.over) close(number, *remote.over);
}

void TcpPort::onFrame(Remote& remote, Bytes datagram) const {
    if (remote.over) return;
    if (datagram.size() < shortest) {
        remote.over = TcpClosed::stranger;
        return;
    }
    const bool isStun = kindOf(datagram) == DatagramKind::stun;
    const auto addressee = isStun ? addresseeOf(datagram) : std::nullopt;
    SessionOwner* const owner = addressee ? directory_.find(*addressee) : nullptr;
    if (owner) remote.owner = owner;
    if (isStun ? owner != nullptr : remote.connection->session().has_value())
        remote.owner->pass(datagram, remote.connection->path());
    else if (!remote.connection->session())
        remote.over = TcpClosed::stranger;
}

/// Those that a session accepted are pending no more.
void TcpPort::settle() {
    for (auto each = pending_.begin(); each != pending_.end();) {
        const auto session = remotes_.at(*each).connection->session();
        each = session ? pending_.erase(each) : std::next(each);
        if (session) limit(*session);
    }
}

/// Of too many of one session the one that was silent for longest goes.
void TcpPort::limit(SessionTag session) {
    std::vector<const Remote*> its;
    for (const auto& [number, remote] : remotes_)
        if (!pending_.contains(number) && remote.connection->session() == session) its.push_back(&remote);
    if (its.size() <= maxOfSession) return;
    const auto* oldest = *std::min_element(
        its.begin(), its.end(), [](const Remote* a, const Remote* b) { return a->heard < b->heard; });
    close(oldest->connection->path().socket, TcpClosed::evicted);
}

std::optional<Clock::time_point> TcpPort::nextTimeout() {
    if (remotes_.empty() && lettingIn_) return std::nullopt;
    if (pending_.empty()) return nextTick_;
    return std::min(nextTick_, remotes_.at(*pending_.begin()).since + checkTime);
}

void TcpPort::onTimeout(Clock::time_point now) {
    nextTick_ = now + tickPeriod;
    if (!lettingIn_) letIn(true);
    settle();
    std::vector<std::pair<std::uint32_t, TcpClosed>> over;
    for (const auto& [number, remote] : remotes_) {
        const auto session = remote.connection->session();
        const auto blocked = remote.connection->blockedSince();
        if (!session && now - remote.since >= checkTime)
            over.emplace_back(number, TcpClosed::noCheck);
        else if (session && !directory_.find(*session))
            over.emplace_back(number, TcpClosed::over);
        else if (blocked && now - *blocked >= Taking::time)
            over.emplace_back(number, TcpClosed::blocked);
        else if (now - remote.heard >= silentTime)
            over.emplace_back(number, TcpClosed::silent);
    }
    for (const auto& [number, why] : over)
        close(number, why);
}

void TcpPort::close(std::uint32_t number, TcpClosed why) {
    const auto found = remotes_.find(number);
    if (found == remotes_.end()) return;
    ++closed_[static_cast<std::size_t>(why)];
    connections_.remove(number);
    found->second.connection->close(why != TcpClosed::peer && why != TcpClosed::over);
    pending_.erase(number);
    remotes_.erase(found);
}

TcpSnapshot TcpPort::snapshot() const {
    const auto counts = connections_.counts();
    TcpSnapshot snapshot{counts.pending, counts.open, {}};
    std::copy(closed_.begin(), closed_.end(), snapshot.closed.begin());
    return snapshot;
}

} // namespace spillway::relay::port
