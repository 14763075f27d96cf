// What it costs to protect a packet with AES-GCM for one of many viewers: by ours (OpenSSL) and by libsrtp,
// in turns.
//
//   bench_srtp [--check] [--short]     --check: ends with 1 when ours is not faster, or takes three
//   times as long with 400 viewers

#include "relay/base/big_endian.h"
#include "relay/srtp/libsrtp.h"
#include "relay/srtp/session.h"
#include "support/cpu_time.h"

#include <srtp2/srtp.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::srtp;

namespace {

constexpr std::size_t packetBytes = 1200;
constexpr int rounds = 3;

std::vector<std::uint8_t> keyOf(std::size_t viewer) {
    return std::vector<std::uint8_t>(28, static_cast<std::uint8_t>(viewer));
}

class Ours {
  public:
    explicit Ours(std::size_t viewer)
        : session_({Profile::aeadAes128Gcm, keyOf(viewer), keyOf(viewer)}) {}
    std::size_t protect(std::uint8_t* packet) { return session_.protect(packet, packetBytes); }

  private:
    Session session_;
};

class Libsrtp {
  public:
    explicit Libsrtp(std::size_t viewer) {
        auto key = keyOf(viewer);
        srtp_policy_t policy{};
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        policy.ssrc.type = ssrc_any_outbound;
        policy.key = key.data();
        if (srtp_create(&session_, &policy) != srtp_err_status_ok) throw std::runtime_error("srtp_create");
    }
    ~Libsrtp() { srtp_dealloc(session_); }
    Libsrtp(const Libsrtp&) = delete;
    Libsrtp& operator=(const Libsrtp&) = delete;
    std::size_t protect(std::uint8_t* packet) {
        int size = packetBytes;
        if (srtp_protect(session_, packet, &size) != srtp_err_status_ok) return 0;
        return static_cast<std::size_t>(size);
    }

  private:
    srtp_t session_ = nullptr;
};

/// A packet for each viewer, then the next: as a worker does.
template <class Session>
class Crowd {
  public:
    explicit Crowd(std::size_t viewers) {
        for (std::size_t i = 0; i < viewers; ++i)
            sessions_.push_back(std::make_unique<Session>(i));
    }
    /// µs for each packet.
    double measure(std::size_t packets) {
        const double before = spillway::test::cpuSeconds();
        std::size_t done = 0;
        for (; done < packets; ++sequence_)
            for (const auto& session : sessions_) {
                std::vector<std::uint8_t>& packet = packet_;
                writeU16(&packet[2], sequence_);
                if (session->protect(packet.data()) != packetBytes + 16) throw std::runtime_error("protect");
                ++done;
            }
        return (spillway::test::cpuSeconds() - before) * 1e6 / static_cast<double>(done);
    }

  private:
    static std::vector<std::uint8_t> plain() {
        std::vector<std::uint8_t> packet(packetBytes + SRTP_MAX_TRAILER_LEN);
        packet[0] = 0x80;
        packet[1] = 96;
        packet[11] = 1;
        return packet;
    }

    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::uint8_t> packet_ = plain();
    std::uint16_t sequence_ = 0;
};

struct Cost {
    double ours = 1e9;
    double libsrtp = 1e9;
};

/// The smallest of a few times: what else the machine does only adds.
Cost measure(std::size_t viewers, std::size_t packets) {
    Crowd<Ours> ours(viewers);
    Crowd<Libsrtp> libsrtp(viewers);
    Cost cost;
    for (int i = 0; i < rounds; ++i) {
        cost.ours = std::min(cost.ours, ours.measure(packets));
        cost.libsrtp = std::min(cost.libsrtp, libsrtp.measure(packets));
    }
    std::printf("%3zu viewers: ours %.2f, libsrtp %.2f µs per packet: %.2f times\n", viewers, cost.ours,
                cost.libsrtp, cost.ours / cost.libsrtp);
    return cost;
}

} // namespace

int main(int argc, char** argv) {
    const auto has = [&](std::string_view word) {
        return std::find(argv + 1, argv + argc, word) != argv + argc;
    };
    const std::size_t packets = has("--short") ? 50'000 : 500'000;
    LibsrtpSession::startLibrary();
    const Cost one = measure(1, packets);
    const Cost many = measure(400, packets);
    std::printf("400 viewers cost ours %.2f times as much as one, libsrtp %.2f times\n", many.ours / one.ours,
                many.libsrtp / one.libsrtp);
    const bool good = one.ours < one.libsrtp && many.ours < many.libsrtp && many.ours < 3 * one.ours;
    return has("--check") && !good ? 1 : 0;
}
