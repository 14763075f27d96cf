// What a packet of a publisher costs at least: recvmmsg on one socket for all of them, and SRTP's AES-CM and
// HMAC-SHA1 by OpenSSL (the latter as the relay does it), as `publishers -floor` (ingest/publishers) sends
// it.
//
//   bench_ingest_floor ADDRESS
//
// Prints {"event": "ready", "port": …}; answers the line `stats` with {"event": "stats", "received": …,
// "refused": …}: packets whose tag was right, and others. The end of stdin ends it.
#include "relay/base/big_endian.h"
#include "relay/srtp/hmac_sha1.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

using spillway::relay::writeU32;
using spillway::relay::srtp::HmacSha1;

namespace {

constexpr int batch = 64;
constexpr int receiveBuffer = 8 << 20;
constexpr std::size_t mostBytes = 1500;
constexpr std::size_t headerBytes = 12;
constexpr std::size_t tagBytes = 10;

void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

template <std::size_t bytes>
using Block = std::array<std::uint8_t, bytes>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

/// AES in counter mode, from the counter on, in place.
void cipher(EVP_CIPHER_CTX* context, const Block<16>& counter, std::uint8_t* data, std::size_t bytes) {
    int size = 0;
    must(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, counter.data()) == 1 &&
             EVP_EncryptUpdate(context, data, &size, data, static_cast<int>(bytes)) == 1,
         "AES-CM");
}

Cipher newCipher(const std::uint8_t* key) {
    Cipher context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    must(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key, nullptr) == 1, "AES-CM");
    return context;
}

/// RFC 3711 section 4.3.1: the master key and salt are the publisher's number, in all of their bytes.
template <std::size_t bytes>
Block<bytes> derive(std::uint8_t number, std::uint8_t label) {
    Block<16> key{};
    key.fill(number);
    Block<16> counter{};
    std::fill_n(counter.begin(), 14, number);
    counter[7] ^= label;
    Block<bytes> derived{};
    cipher(newCipher(key.data()).get(), counter, derived.data(), bytes);
    return derived;
}

/// One SSRC of a publisher.
class Stream {
  public:
    explicit Stream(std::uint8_t number)
        : cipher_(newCipher(derive<16>(number, 0).data()))
        , mac_(derive<20>(number, 1))
        , salt_(derive<14>(number, 2)) {}

    /// In place; false when the tag is wrong.
    bool unprotect(std::uint8_t* packet, std::size_t bytes) {
        const std::uint64_t index = indexOf(static_cast<std::uint16_t>(packet[2] << 8 | packet[3]));
        const std::size_t size = bytes - tagBytes;
        if (!authentic(packet, size, static_cast<std::uint32_t>(index >> 16))) return false;
        newest_ = std::max(newest_, index);
        Block<16> counter{};
        std::copy(salt_.begin(), salt_.end(), counter.begin());
        for (std::size_t i = 0; i < 4; ++i)
            counter[4 + i] ^= packet[8 + i];
        for (std::size_t i = 0; i < 6; ++i)
            counter[8 + i] ^= static_cast<std::uint8_t>(index >> (40 - 8 * i));
        cipher(cipher_.get(), counter, packet + headerBytes, size - headerBytes);
        return true;
    }

  private:
    /// RFC 3711 section 3.3.1. The first has roll-over counter 0.
    [[nodiscard]] std::uint64_t indexOf(std::uint16_t sequence) const {
        if (newest_ == 0) return sequence;
        const auto step = static_cast<std::int16_t>(sequence - static_cast<std::uint16_t>(newest_));
        return newest_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(step));
    }

    bool authentic(const std::uint8_t* packet, std::size_t size, std::uint32_t rollOver) const {
        Block<4> counter{};
        writeU32(counter.data(), rollOver);
        const auto tag = mac_.of({packet, size}, counter);
        return CRYPTO_memcmp(tag.data(), packet + size, tagBytes) == 0;
    }

    Cipher cipher_;
    HmacSha1 mac_;
    Block<14> salt_;
    std::uint64_t newest_ = 0;
};

/// The socket and its thread.
class Receiver {
  public:
    explicit Receiver(const char* host)
        : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        must(socket_ >= 0, "socket");
        must(setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBuffer, sizeof receiveBuffer) == 0,
             "SO_RCVBUFFORCE");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        must(inet_pton(AF_INET, host, &address.sin_addr) == 1, "address");
        must(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    }

    [[nodiscard]] int port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        must(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
        return ntohs(address.sin_port);
    }

    [[noreturn]] void run() {
        for (std::size_t i = 0; i < batch; ++i) {
            data_[i] = {buffers_[i].data(), mostBytes};
            messages_[i].msg_hdr.msg_iov = &data_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
        for (;;) {
            const int count = recvmmsg(socket_, messages_.data(), batch, MSG_WAITFORONE, nullptr);
            for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i)
                ++(take(buffers_[i].data(), messages_[i].msg_len) ? received : refused);
        }
    }

    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> refused = 0;

  private:
    bool take(std::uint8_t* packet, std::size_t bytes) {
        if (bytes < headerBytes + tagBytes) return false;
        std::uint32_t ssrc = 0;
        std::memcpy(&ssrc, packet + 8, sizeof ssrc);
        ssrc = ntohl(ssrc);
        return streams_.try_emplace(ssrc, static_cast<std::uint8_t>(ssrc / 2))
            .first->second.unprotect(packet, bytes);
    }

    int socket_;
    std::unordered_map<std::uint32_t, Stream> streams_;
    std::vector<Block<mostBytes>> buffers_ = std::vector<Block<mostBytes>>(batch);
    std::array<iovec, batch> data_{};
    std::array<mmsghdr, batch> messages_{};
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    Receiver receiver(argv[1]);
    std::thread([&receiver] { receiver.run(); }).detach();
    std::printf("{\"event\": \"ready\", \"port\": %d}\n", receiver.port());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::printf("{\"event\": \"stats\", \"received\": %llu, \"refused\": %llu}\n",
                    static_cast<unsigned long long>(receiver.received),
                    static_cast<unsigned long long>(receiver.refused));
        std::fflush(stdout);
    }
    std::_Exit(0); // the thread waits in the kernel for a packet
}
