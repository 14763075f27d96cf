// SRTP and SRTCP that come in: as they come, and protected with the right keys, by libsrtp, so that what lies
// behind the authentication is reached too.
//
// An input is steps of a byte that says what happens, two bytes of length, and so many bytes of packet.
#include "fuzz.h"

#include "relay/base/big_endian.h"
#include "relay/srtp/rtcp_receiver.h"
#include "relay/srtp/rtp_receiver.h"
#include "relay/srtp/srtp_client.h"

#include <algorithm>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::srtp;
using spillway::fuzz::require;

namespace {

using Packet = std::vector<std::uint8_t>;

constexpr auto profile = Profile::aes128CmSha1_80;
constexpr std::size_t mostSenders = 2;
constexpr std::size_t longestDatagram = 2048;

Packet keyOf(std::uint8_t byte) {
    return Packet(RtpReceiver::keyBytes + RtpReceiver::saltBytes, byte);
}

/// One with the keys sends, we receive.
class Way {
  public:
    void take(Packet packet, bool isRtcp, bool isProtected, Clock::time_point now) {
        const Packet plain = packet;
        if (isProtected) packet = isRtcp ? sender_.protectRtcp(plain) : sender_.protect(plain);
        const Packet received = unprotected(packet, isRtcp, now);
        require(received.empty() || (isProtected && received == plain));
        require(unprotected(packet, isRtcp, now).empty()); // it is a replay
    }

  private:
    Packet unprotected(Packet packet, bool isRtcp, Clock::time_point now) {
        const std::size_t sources = rtp_.sources();
        const std::size_t bytes = isRtcp ? rtcp_.unprotect(packet, now) : rtp_.unprotect(packet);
        require(bytes <= packet.size());
        require(rtp_.sources() == sources || bytes > 0);
        packet.resize(bytes);
        return packet;
    }

    test::SrtpClient sender_{{profile, keyOf(1), keyOf(2)}};
    RtpReceiver rtp_{keyOf(2)};
    RtcpReceiver rtcp_{profile, keyOf(2), mostSenders};
};

/// Takes a step off the input; empty at its end.
Packet takeStep(Bytes& rest, std::uint8_t& what) {
    constexpr std::size_t head = 3;
    if (rest.size() <= head) return {};
    what = rest[0];
    const std::size_t bytes = std::min<std::size_t>({readU16(&rest[1]), rest.size() - head, longestDatagram});
    const Bytes packet = rest.subspan(head, bytes);
    rest = rest.subspan(head + bytes);
    return {packet.begin(), packet.end()};
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint8_t rtcp = 1, forged = 2, later = 4;
    Way way;
    Clock::time_point now{std::chrono::hours(1)};
    std::uint8_t what = 0;
    for (Bytes rest(data, size); !rest.empty();) {
        Packet packet = takeStep(rest, what);
        if (packet.empty()) break;
        if ((what & later) != 0) now += RtcpReceiver::silence;
        way.take(std::move(packet), (what & rtcp) != 0, (what & forged) == 0, now);
    }
    return 0;
}
