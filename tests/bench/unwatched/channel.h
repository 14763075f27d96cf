// One end of a socket pair between the two processes of a benchmark: whole messages, each wait bounded.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace spillway::bench {

class Channel {
  public:
    /// Takes over the descriptor of a SOCK_SEQPACKET.
    explicit Channel(int descriptor)
        : descriptor_(descriptor) {}
    Channel(Channel&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Channel& operator=(Channel&&) = delete;
    ~Channel() { close(descriptor_); }

    /// Neither end is inherited by a program that is started.
    static std::pair<Channel, Channel> pair() {
        int ends[2];
        check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
        return {Channel(ends[0]), Channel(ends[1])};
    }

    int descriptor() const { return descriptor_; }

    void send(const std::string& message) const {
        check(::send(descriptor_, message.data(), message.size(), MSG_NOSIGNAL));
    }
    /// Throws when nothing comes in time or the other end is gone.
    std::string receive(std::chrono::seconds deadline) const {
        const timeval timeout{deadline.count(), 0};
        check(setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
        std::string message(65536, '\0');
        const auto size = check(recv(descriptor_, message.data(), message.size(), 0));
        if (size == 0) throw std::runtime_error("the other process has ended");
        message.resize(static_cast<std::size_t>(size));
        return message;
    }

  private:
    static ssize_t check(ssize_t result) {
        if (result < 0) throw std::system_error(errno, std::generic_category(), "channel");
        return result;
    }

    int descriptor_;
};

} // namespace spillway::bench
