// What viewers are sent of a publisher's packets, whatever these say: one VP8 stream with RTX and one
// without.
//
// An input is steps of a byte that says what happens, two bytes of length, and so many bytes of packet.
#include "fuzz.h"

#include "relay/base/big_endian.h"
#include "relay/outputs/webrtc/media/packet_ring.h"
#include "relay/outputs/webrtc/media/viewer_stream.h"

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::relay::webrtc;
using spillway::fuzz::require;

namespace {

constexpr std::uint8_t playoutDelayId = 3;

std::shared_ptr<const StreamFormat> formatOf(std::uint64_t incarnation) {
    GstCaps* caps = gst_caps_new_empty_simple("application/x-rtp");
    auto format = std::make_shared<const StreamFormat>(caps, incarnation);
    gst_caps_unref(caps);
    return format;
}

const std::array<std::shared_ptr<const StreamFormat>, 2>& formats() {
    static const std::array<std::shared_ptr<const StreamFormat>, 2> both = [] {
        gst_registry_fork_set_enabled(FALSE);
        gst_init(nullptr, nullptr);
        return std::array{formatOf(1), formatOf(2)};
    }();
    return both;
}

gst::Ref<GstBuffer> bufferOf(Bytes packet) {
    return gst::Ref<GstBuffer>::adopt(gst_buffer_new_memdup(packet.data(), packet.size()));
}

ViewerStreamSettings settings(bool withRtx) {
    ViewerStreamSettings wanted;
    wanted.mid = "0";
    wanted.encoding = "VP8";
    wanted.payloadType = 96;
    wanted.ssrc = 1;
    if (withRtx) wanted.rtxPayloadType = std::uint8_t{97};
    wanted.rtxSsrc = 2;
    wanted.nack = true;
    wanted.extensions = {1, 2, 3, 4};
    return wanted;
}

class Viewer {
  public:
    explicit Viewer(bool withRtx)
        : stream_(settings(withRtx))
        , rtxBytes_(withRtx ? 2 : 0) {}

    void send(const Frame& frame, std::size_t room) {
        std::vector<std::uint8_t> into(room);
        const std::size_t bytes = stream_.write(frame, transportSequence_, frame.arrived, into);
        if (bytes == 0) return;
        check(Bytes(into).first(bytes), frame.packet->payloadBytes);
        newest_ = readU16(&into[2]);
    }

    void repeat(std::uint16_t back, const PacketRing& ring, Clock::time_point now, std::size_t room) {
        std::vector<std::uint8_t> into(room);
        const auto wanted = static_cast<std::uint16_t>(newest_ - back);
        const std::size_t bytes = stream_.retransmit(wanted, ring, transportSequence_, now, into);
        if (bytes > 0) check(Bytes(into).first(bytes), std::nullopt);
        stream_.report(now);
    }

  private:
    /// Well-formed, and no payload is lost or made up.
    void check(Bytes sent, std::optional<std::size_t> payloadBytes) const {
        const auto packet = rtp::readPacket(sent);
        require(packet.has_value());
        require(packet->payloadOffset <= ViewerStream::maxHeader);
        require(payloadBytes ? packet->payloadBytes == *payloadBytes : packet->payloadBytes > rtxBytes_);
    }

    ViewerStream stream_;
    std::size_t rtxBytes_;
    std::uint16_t transportSequence_ = 0;
    std::uint16_t newest_ = 0;
};

/// Takes a step off the input; empty at its end.
Bytes takeStep(Bytes& rest, std::uint8_t& what) {
    constexpr std::size_t head = 3;
    if (rest.size() <= head) return {};
    what = rest[0];
    const std::size_t bytes = std::min<std::size_t>(readU16(&rest[1]), rest.size() - head);
    const Bytes packet = rest.subspan(head, bytes);
    rest = rest.subspan(head + bytes);
    return packet;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint8_t other = 1, dropped = 2, later = 4, repeats = 8, tight = 16;
    constexpr std::chrono::milliseconds frameTime{40}, pause{5000};
    const auto& incarnations = formats();
    std::array<Viewer, 2> viewers{Viewer(true), Viewer(false)};
    PacketRing ring;
    Clock::time_point now{std::chrono::hours(1)};
    std::uint8_t what = 0;
    for (Bytes rest(data, size), bytes = takeStep(rest, what); !bytes.empty(); bytes = takeStep(rest, what)) {
        now += (what & later) != 0 ? pause : frameTime;
        const std::size_t room = bytes.size() + ((what & tight) != 0 ? 0 : ViewerStream::maxHeader);
        Frame frame{bufferOf(bytes), incarnations.at(what & other), now, {}, 0,
                    false,           (what & dropped) != 0,         {}};
        frame.packet = rtp::readPacket(bytes, playoutDelayId);
        if (!frame.packet) continue;
        frame.bytes = frame.packet->payloadBytes;
        ring.put(frame);
        for (Viewer& viewer : viewers) {
            viewer.send(frame, room);
            if ((what & repeats) != 0) viewer.repeat(what >> 5U, ring, now, room);
        }
    }
    return 0;
}
