// What it costs to check the tag of a packet (HMAC-SHA1): by our copies of a begun hash and by OpenSSL's
// EVP_MAC, in turns, of packets without a pause and of four after a pause in which other work took the
// caches.
//
//   bench_hmac [--check] [--short]     --check: ends with 1 when ours is not faster after a pause

#include "relay/srtp/hmac_sha1.h"
#include "support/cpu_time.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

using namespace spillway::relay;
using spillway::relay::srtp::HmacSha1;

namespace {

const std::vector<std::uint8_t> key(20, 7);
const std::vector<std::uint8_t> packet(1000, 42);
const std::array<std::uint8_t, 4> rollover{};

class Ours {
  public:
    unsigned tag() const { return hmac_.of(packet, rollover).front(); }

  private:
    HmacSha1 hmac_{key};
};

class EvpMac {
  public:
    EvpMac() {
        std::array<char, 5> digest{"SHA1"};
        const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                    OSSL_PARAM_construct_end()};
        if (EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) != 1)
            throw std::runtime_error("HMAC-SHA1");
    }

    unsigned tag() const {
        HmacSha1::Digest digest{};
        std::size_t size = 0;
        EVP_MAC_init(context_.get(), nullptr, 0, nullptr);
        EVP_MAC_update(context_.get(), packet.data(), packet.size());
        EVP_MAC_update(context_.get(), rollover.data(), rollover.size());
        EVP_MAC_final(context_.get(), digest.data(), &size, digest.size());
        return digest.front();
    }

  private:
    template <auto release>
    struct Release {
        template <class T>
        void operator()(T* object) const {
            release(object);
        }
    };
    std::unique_ptr<EVP_MAC, Release<EVP_MAC_free>> mac_{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>> context_{EVP_MAC_CTX_new(mac_.get())};
};

/// What other work does to the caches.
class Pause {
  public:
    void pass() {
        for (std::size_t i = 0; i < memory_.size(); i += 64)
            ++memory_[i];
    }

  private:
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(32U << 20U);
};

/// µs for each packet.
template <class Tag>
double timed(const Tag& tag, int packets) {
    const auto begin = std::chrono::steady_clock::now();
    unsigned all = 0;
    for (int i = 0; i < packets; ++i)
        all += tag.tag();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (all % static_cast<unsigned>(packets) != 0) throw std::runtime_error("the tags differ");
    return took.count() / packets;
}

/// The median of rounds in turns, so that what else the machine does meets both.
struct Cost {
    double ours;
    double evp;
};

template <class Before>
Cost measure(const char* what, int rounds, int packets, Before before) {
    const Ours ours;
    const EvpMac evp;
    std::array<std::vector<double>, 2> times;
    for (int i = 0; i < rounds; ++i) {
        before();
        times[0].push_back(timed(ours, packets));
        before();
        times[1].push_back(timed(evp, packets));
    }
    for (auto& each : times)
        std::nth_element(each.begin(), each.begin() + rounds / 2, each.end());
    const Cost cost{times[0][times[0].size() / 2], times[1][times[1].size() / 2]};
    std::printf("%s: ours %.2f, EVP_MAC %.2f µs per packet: %.2f times\n", what, cost.ours, cost.evp,
                cost.ours / cost.evp);
    return cost;
}

} // namespace

int main(int argc, char** argv) {
    const auto has = [&](std::string_view word) {
        return std::find(argv + 1, argv + argc, word) != argv + argc;
    };
    const int rounds = has("--short") ? 50 : 500;
    Pause pause;
    measure("without a pause", rounds, 1000, [] {});
    const Cost after = measure("four after a pause", rounds, 4, [&] { pause.pass(); });
    return has("--check") && after.ours > 0.7 * after.evp ? 1 : 0;
}
