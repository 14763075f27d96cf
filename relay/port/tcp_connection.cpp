#include "relay/port/tcp_connection.h"

#include "relay/base/big_endian.h"
#include "relay/port/tcp_framing.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

namespace spillway::relay::port {

TcpConnection::TcpConnection(Descriptor socket, const Path& path, int epoll)
    : path_(path)
    , epoll_(epoll)
    , socket_(std::move(socket)) {}

std::size_t TcpConnection::send(std::span<const Run> datagrams, Full full) {
    const std::lock_guard lock(mutex_);
    if (!socket_) return 0;
    std::size_t written = waiting_.empty() ? write(datagrams) : 0;
    std::size_t taken = 0;
    for (const Run& datagram : datagrams) {
        const std::size_t frame = frameHeaderBytes + datagram.bytes;
        const std::size_t its = std::min(frame, written);
        written -= its;
        // Without its rest a frame would end the stream: that waits in any case.
        if (its < frame && ((its == 0 && full == Full::lose) || !keep(datagram, its))) break;
        ++taken;
    }
    return taken;
}

/// One system call; the bytes of the frames that the kernel took.
std::size_t TcpConnection::write(std::span<const Run> datagrams) {
    std::array<std::array<std::uint8_t, frameHeaderBytes>, Burst::maxPackets> headers;
    std::array<iovec, 2 * Burst::maxPackets> parts;
    const std::size_t count = std::min(datagrams.size(), headers.size());
    for (std::size_t i = 0; i < count; ++i) {
        writeU16(headers[i].data(), static_cast<std::uint16_t>(datagrams[i].bytes));
        parts[2 * i] = {headers[i].data(), frameHeaderBytes};
        parts[2 * i + 1] = {datagrams[i].data, datagrams[i].bytes};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 2 * count;
    const auto sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

/// What of its frame is behind the first `written` bytes; false when there is no room.
bool TcpConnection::keep(const Run& datagram, std::size_t written) {
    const std::size_t frame = frameHeaderBytes + datagram.bytes;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::exchange(gone_, 0)));
    const std::size_t needed = waiting_.size() + frame - written;
    if (needed > maxWaiting) return false;
    // The bound holds for what is allocated, too.
    if (needed > waiting_.capacity())
        waiting_.reserve(std::min(maxWaiting, std::max(needed, 2 * waiting_.capacity())));
    if (waiting_.empty()) {
        progress_ = Clock::now();
        listen(EPOLLIN | EPOLLOUT);
    }
    std::array<std::uint8_t, frameHeaderBytes> header{};
    writeU16(header.data(), static_cast<std::uint16_t>(datagram.bytes));
    const std::size_t ofHeader = std::min(written, header.size());
    waiting_.insert(waiting_.end(), header.begin() + ofHeader, header.end());
    waiting_.insert(waiting_.end(), datagram.data + (written - ofHeader), datagram.data + datagram.bytes);
    return true;
}

void TcpConnection::onWritable() {
    const std::lock_guard lock(mutex_);
    if (!socket_ || waiting_.empty()) return;
    const auto sent =
        ::send(socket_.get(), waiting_.data() + gone_, waiting_.size() - gone_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0) return;
    progress_ = Clock::now();
    gone_ += static_cast<std::size_t>(sent);
    if (gone_ < waiting_.size()) return;
    waiting_ = {};
    gone_ = 0;
    listen(EPOLLIN);
}

void TcpConnection::listen(std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = path_.socket;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_.get(), &event);
}

std::optional<Clock::time_point> TcpConnection::blockedSince() const {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    return progress_;
}

void TcpConnection::admit(SessionTag session) {
    const std::lock_guard lock(mutex_);
    session_ = session;
}

std::optional<SessionTag> TcpConnection::session() const {
    const std::lock_guard lock(mutex_);
    return session_;
}

std::ptrdiff_t TcpConnection::receive(MutableBytes into) const {
    // Only the thread that reads closes it, so this needs no lock.
    return ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
}

void TcpConnection::close(bool reset) {
    const std::lock_guard lock(mutex_);
    const linger atOnce{1, 0};
    if (reset) ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
    socket_.close();
    waiting_ = {};
    gone_ = 0;
}

} // namespace spillway::relay::port
