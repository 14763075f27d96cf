// What a packet to a viewer costs at least: AES-GCM (by OpenSSL, a context for each viewer) and the kernel's
// way to another network namespace. Three lines: `sendto` for each packet, and UDP GSO of a frame of eight,
// both without a pause; and `sendto` as a sender with a pacer makes it, one packet to each viewer every 4 ms,
// between which all sleep.
//
//   bench_egress_floor --receive [--viewers N]
//     prints the port of the first and takes what comes to all, each at the port behind the one before, until
//     stdin ends
//   bench_egress_floor --to ADDRESS PORT [--packets N] [--viewers N]
//     prints {"sendto": …, "gso": …, "paced": …}: µs of CPU for each packet
//   bench_egress_floor --late SECONDS
//     prints {"p50": …, "p99": …}: by how many ms a thread that sleeps 4 ms, a packet's time, wakes too late
#include "support/cpu_time.h"

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int packetBytes = 1200;
constexpr int headerBytes = 12;
constexpr int tagBytes = 16;
constexpr std::size_t frameOf = 8;
constexpr int timesToCount = 3;
constexpr std::chrono::milliseconds pacedTime{4}; // of 240 packets a second
constexpr std::chrono::seconds pacedFor{2};

void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

int openSocket() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(socket >= 0, "socket");
    return socket;
}

sockaddr_in addressOf(const char* text, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    must(inet_pton(AF_INET, text, &address.sin_addr) == 1, "address");
    return address;
}

/// The port that it is bound to.
int bindTo(int socket, int port) {
    auto address = addressOf("0.0.0.0", port);
    socklen_t size = sizeof address;
    must(bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    must(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    return ntohs(address.sin_port);
}

void watch(int epoll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
}

/// The sockets end with the process.
void receive(int viewers) {
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0, "epoll_create1");
    watch(epoll, STDIN_FILENO);
    int first = 0;
    for (int i = 0; i < viewers; ++i) {
        const int socket = openSocket();
        const int port = bindTo(socket, i == 0 ? 0 : first + i);
        if (i == 0) first = port;
        watch(epoll, socket);
    }
    std::printf("{\"port\": %d}\n", first);
    std::fflush(stdout);
    std::array<char, 2048> buffer{};
    std::array<epoll_event, 64> events{};
    for (;;) {
        const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int ready = events.at(static_cast<std::size_t>(i)).data.fd;
            if (ready == STDIN_FILENO) return;
            while (recv(ready, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
            }
        }
    }
}

/// AES-GCM as SRTP has it for one viewer, without anything around it.
class Session {
  public:
    explicit Session(std::uint8_t id)
        : cipher_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
        std::array<std::uint8_t, 16> key{};
        key.fill(id);
        must(EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_gcm(), nullptr, key.data(), nullptr) == 1,
             "AES-GCM");
    }

    void protect(std::uint8_t* packet) const {
        std::array<std::uint8_t, 12> iv{};
        std::copy_n(packet, iv.size(), iv.begin()); // its number is in there
        std::uint8_t* payload = packet + headerBytes;
        int size = 0;
        must(EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data()) == 1 &&
                 EVP_EncryptUpdate(cipher_.get(), nullptr, &size, packet, headerBytes) == 1 &&
                 EVP_EncryptUpdate(cipher_.get(), payload, &size, payload, packetBytes - headerBytes) == 1 &&
                 EVP_EncryptFinal_ex(cipher_.get(), packet + packetBytes, &size) == 1 &&
                 EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, tagBytes, packet + packetBytes) ==
                     1,
             "encrypt");
    }

  private:
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher_;
};

/// One socket for all viewers, as a node with one UDP port has it.
class Sender {
  public:
    explicit Sender(const sockaddr_in& to)
        : to_(to)
        , socket_(openSocket()) {}
    ~Sender() { close(socket_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void one(const std::uint8_t* packet, std::size_t size, std::size_t viewer = 0) const {
        sockaddr_in to = to_;
        to.sin_port = htons(static_cast<std::uint16_t>(ntohs(to_.sin_port) + viewer));
        sendto(socket_, packet, size, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }

    /// Packets of equal size, one behind the other.
    void segments(std::uint8_t* packets, std::size_t size, std::uint16_t each) {
        iovec data{packets, size};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof each)> control{};
        msghdr message{};
        message.msg_name = &to_;
        message.msg_namelen = sizeof to_;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof each);
        std::memcpy(CMSG_DATA(header), &each, sizeof each);
        must(sendmsg(socket_, &message, 0) >= 0, "sendmsg with UDP_SEGMENT");
    }

  private:
    sockaddr_in to_;
    int socket_;
};

class Floor {
  public:
    Floor(const sockaddr_in& to, int viewers)
        : sender_(to) {
        for (int i = 0; i < viewers; ++i)
            sessions_.push_back(std::make_unique<Session>(static_cast<std::uint8_t>(i)));
    }

    /// µs for each packet. The smallest of a few times: what else the machine does only adds.
    double measure(int packets, bool gso) {
        double least = 1e9;
        for (int i = 0; i < timesToCount; ++i)
            least = std::min(least, once(packets / timesToCount, gso));
        return least;
    }

    /// The same of a sender with a pacer.
    double measurePaced(std::chrono::seconds time) {
        using Clock = std::chrono::steady_clock;
        const double before = spillway::test::cpuSeconds();
        std::size_t sent = 0;
        for (auto due = Clock::now(), end = due + time; due < end; due += pacedTime) {
            std::this_thread::sleep_until(due);
            for (std::size_t i = 0; i < sessions_.size(); ++i)
                sender_.one(prepared(*sessions_[i], 0), packetBytes + tagBytes, i);
            ++sequence_;
            sent += sessions_.size();
        }
        return (spillway::test::cpuSeconds() - before) * 1e6 / static_cast<double>(sent);
    }

  private:
    double once(int packets, bool gso) {
        const double before = spillway::test::cpuSeconds();
        int sent = 0;
        while (sent < packets) {
            for (const auto& session : sessions_)
                frame(*session, gso);
            sequence_ = static_cast<std::uint16_t>(sequence_ + frameOf);
            sent += static_cast<int>(frameOf * sessions_.size());
        }
        return (spillway::test::cpuSeconds() - before) * 1e6 / sent;
    }

    void frame(const Session& session, bool gso) {
        constexpr std::size_t size = packetBytes + tagBytes;
        for (std::size_t i = 0; i < frameOf; ++i) {
            const std::uint8_t* packet = prepared(session, i);
            if (!gso) sender_.one(packet, size);
        }
        if (gso) sender_.segments(buffer_.data(), frameOf * size, size);
    }

    /// The packet with this place in a frame.
    std::uint8_t* prepared(const Session& session, std::size_t place) {
        std::uint8_t* packet = buffer_.data() + place * (packetBytes + tagBytes);
        std::memcpy(packet, plain_.data(), packetBytes);
        const auto sequence = htons(static_cast<std::uint16_t>(sequence_ + place));
        std::memcpy(packet + 2, &sequence, sizeof sequence);
        session.protect(packet);
        return packet;
    }

    Sender sender_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::uint16_t sequence_ = 0;
    std::array<std::uint8_t, packetBytes> plain_{0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1};
    std::array<std::uint8_t, frameOf*(packetBytes + tagBytes)> buffer_{};
};

/// What the machine adds to whatever waits for something: ms, sorted.
std::vector<double> lateness(std::chrono::seconds time) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> late;
    for (auto due = Clock::now(), end = due + time; due < end;) {
        due += pacedTime;
        std::this_thread::sleep_until(due);
        late.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    }
    std::sort(late.begin(), late.end());
    return late;
}

} // namespace

int main(int argc, char** argv) {
    int packets = 300'000;
    int viewers = 100;
    bool receives = false;
    const char* host = nullptr;
    int port = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        receives = receives || word == "--receive";
        if (word == "--late" && i + 1 < argc) {
            const auto late = lateness(std::chrono::seconds(std::max(1, std::atoi(argv[++i]))));
            std::printf("{\"p50\": %.3f, \"p99\": %.3f}\n", late[late.size() / 2],
                        late[late.size() * 99 / 100]);
            return 0;
        }
        if (word == "--to" && i + 2 < argc) {
            host = argv[++i];
            port = std::atoi(argv[++i]);
        }
        if (word == "--packets" && i + 1 < argc) packets = std::atoi(argv[++i]);
        if (word == "--viewers" && i + 1 < argc) viewers = std::atoi(argv[++i]);
    }
    if (receives) {
        receive(viewers);
        return 0;
    }
    if (host == nullptr) return 64;
    Floor floor(addressOf(host, port), viewers);
    const double sendTo = floor.measure(packets, false);
    const double gso = floor.measure(packets, true);
    const double paced = floor.measurePaced(pacedFor);
    std::printf("{\"sendto\": %.3f, \"gso\": %.3f, \"paced\": %.3f}\n", sendTo, gso, paced);
    return 0;
}
