#include "relay/outputs/webrtc/media/viewer_stream.h"

#include "relay/base/big_endian.h"
#include "relay/base/random.h"
#include "relay/gst/buffer_map.h"
#include "relay/outputs/webrtc/media/packet_head.h"
#include "relay/outputs/webrtc/media/sequence_map.h"
#include "relay/rtp/wall_clock.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace spillway::relay::webrtc {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration firstRoundTrip = 50ms;
/// A viewer can claim any round trip; it is to have neither all packets again at once nor none ever.
constexpr Clock::duration minRoundTrip = 5ms;
constexpr Clock::duration maxRoundTrip = 1s;
constexpr Clock::duration wallClockWindow = 5s;

ViewerStreamSettings agreed(ViewerStreamSettings settings) {
    if (settings.mayChangeWithTime()) return settings;
    settings.extensions.absSendTime = 0;
    settings.extensions.transportSequence = 0;
    return settings;
}

std::optional<PacketHead> rtxHead(const ViewerStreamSettings& settings) {
    if (!settings.rtxPayloadType) return std::nullopt;
    return PacketHead(*settings.rtxPayloadType, settings.rtxSsrc, settings.mid, settings.extensions);
}

/// When packets were last retransmitted. One whose place another takes may be sent again too early.
class Resent {
  public:
    /// Notes it, unless it was within that time.
    bool mayResend(std::uint16_t sequence, Clock::time_point now, Clock::duration within) {
        Note& note = notes_[sequence % notes_.size()];
        if (note.at && note.sequence == sequence && now - *note.at < within) return false;
        note = {sequence, now};
        return true;
    }

  private:
    struct Note {
        std::uint16_t sequence = 0;
        std::optional<Clock::time_point> at;
    };
    std::array<Note, 256> notes_{};
};

struct PacketToSend {
    const PacketHead& head;
    const rtp::Packet& packet;
    Bytes payload; ///< the packet's
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::optional<std::uint16_t> original; ///< sequence number of what an RTX packet repeats
};

/// Empty when the buffer does not have what was read of it.
Bytes payloadIn(const gst::BufferMap& map, const rtp::Packet& packet) {
    const Bytes whole = map.bytes();
    return whole.size() < std::size_t{packet.payloadOffset} + packet.payloadBytes ? Bytes()
                                                                                  : packet.payload(whole);
}

/// The payload of a packet of that many bytes: its end.
MutableBytes payloadOf(MutableBytes written, std::size_t bytes, const rtp::Packet& packet) {
    return written.first(bytes).last(packet.payloadBytes);
}

} // namespace

struct ViewerStream::Impl {
    explicit Impl(ViewerStreamSettings wanted)
        : settings(agreed(std::move(wanted)))
        , isVp8(settings.encoding == "VP8")
        , head(settings.payloadType, settings.ssrc, settings.mid, settings.extensions)
        , rtx(rtxHead(settings))
        , numbers(settings.clockRate) {}

    std::uint32_t sendTime(Clock::time_point now) const {
        return absSendTime(std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(now.time_since_epoch() +
                                                                            sinceEpoch)));
    }
    void keepTime(const SequenceMap::Place& place, const Frame& frame);
    std::size_t assemble(const PacketToSend& out, std::uint16_t& transportSequence, Clock::time_point now,
                         MutableBytes into) const;
    void countSent(const rtp::Packet& packet);

    const ViewerStreamSettings settings;
    const bool isVp8;
    const PacketHead head;
    const std::optional<PacketHead> rtx;
    /// Read once, so that send times do not jump when the clock is set.
    const std::chrono::nanoseconds sinceEpoch =
        std::chrono::system_clock::now().time_since_epoch() - Clock::now().time_since_epoch();

    SequenceMap numbers;
    rtp::Vp8Continuity vp8;
    rtp::WallClock wallClock;
    Clock::time_point renewWallClock;
    std::uint16_t rtxSequence =
        static_cast<std::uint16_t>(randomNumber<std::uint16_t>() >> 1U); // as in SequenceMap
    std::unique_ptr<Resent> resent;                                      ///< most viewers lose nothing
    Clock::duration roundTrip = firstRoundTrip;
    ViewerCounters counters;
    std::uint32_t packets = 0; ///< as sender reports count: modulo 2^32
    std::uint32_t octets = 0;
};

/// All but the numbers in the payload; 0 when it does not fit.
std::size_t ViewerStream::Impl::assemble(const PacketToSend& out, std::uint16_t& transportSequence,
                                         Clock::time_point now, MutableBytes into) const {
    const auto& delay = out.packet.playoutDelay;
    const std::size_t headBytes = out.head.size(delay.has_value());
    const std::size_t payloadAt = headBytes + (out.original ? originalSequenceBytes : 0);
    const std::size_t payloadBytes = out.payload.size();
    if (payloadBytes == 0 || into.size() < payloadAt + payloadBytes) return 0;
    std::memcpy(&into[payloadAt], out.payload.data(), payloadBytes);
    const std::uint32_t sent = out.head.hasSendTime() ? sendTime(now) : 0;
    out.head.write(into.data(), {out.packet.marker, out.sequence, out.timestamp, sent, delay},
                   transportSequence);
    if (out.original) writeU16(&into[headBytes], *out.original);
    return payloadAt + payloadBytes;
}

void ViewerStream::Impl::countSent(const rtp::Packet& packet) {
    ++packets;
    octets += packet.payloadBytes;
}

void ViewerStream::Impl::keepTime(const SequenceMap::Place& place, const Frame& frame) {
    if (place.late) return;
    const auto arrived = frame.arrived;
    if (place.starts) {
        wallClock.reset();
        renewWallClock = arrived + wallClockWindow;
    } else if (arrived >= renewWallClock) {
        wallClock.renew();
        renewWallClock = arrived + wallClockWindow;
    }
    wallClock.add(place.timestamp, arrived, settings.clockRate);
    wallClock.follow(frame.format->clock, place.timestamp - frame.packet->timestamp);
}

ViewerStream::ViewerStream(ViewerStreamSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}

ViewerStream::~ViewerStream() = default;

std::size_t ViewerStream::write(const Frame& frame, std::uint16_t& transportSequence, Clock::time_point now,
                                MutableBytes into) {
    if (!frame.packet) return 0;
    const gst::BufferMap map(frame.buffer.get());
    return write(frame, payloadIn(map, *frame.packet), transportSequence, now, into);
}

std::size_t ViewerStream::write(const Frame& frame, Bytes payload, std::uint16_t& transportSequence,
                                Clock::time_point now, MutableBytes into) {
    if (!frame.packet) return 0;
    Impl& my = *impl_;
    const rtp::Packet& packet = *frame.packet;
    const std::uint64_t incarnation = frame.format->incarnation;
    if (packet.payloadBytes == 0) {
        my.numbers.skip(incarnation, packet, frame.discontinuity);
        return 0;
    }
    const auto place = my.numbers.place(incarnation, packet, frame.arrived, frame.discontinuity);
    if (!place) return 0;
    my.keepTime(*place, frame);

    const std::size_t bytes =
        my.assemble({my.head, packet, payload, place->sequence, place->timestamp, std::nullopt},
                    transportSequence, now, into);
    if (bytes == 0) {
        my.numbers.giveBack(*place);
        return 0;
    }
    if (my.isVp8) my.vp8.rewrite(payloadOf(into, bytes, packet), place->segment->vp8);
    ++my.counters.packets;
    my.counters.bytes += bytes;
    my.countSent(packet);
    return bytes;
}

std::size_t ViewerStream::retransmit(std::uint16_t sequence, const PacketRing& ring,
                                     std::uint16_t& transportSequence, Clock::time_point now,
                                     MutableBytes into) {
    Impl& my = *impl_;
    if (!my.settings.nack) return 0;
    const SequenceMap::Segment* segment = my.numbers.find(sequence);
    const Frame* kept = segment ? ring.find(segment->incarnation, segment->ssrc,
                                            static_cast<std::uint16_t>(sequence - segment->sequenceOffset))
                                : nullptr;
    if (!kept || !kept->packet) {
        ++my.counters.unavailable;
        return 0;
    }
    if (!my.resent) my.resent = std::make_unique<Resent>();
    if (!my.resent->mayResend(sequence, now, my.roundTrip)) return 0;

    const rtp::Packet& packet = *kept->packet;
    const gst::BufferMap map(kept->buffer.get());
    const Bytes payload = payloadIn(map, packet);
    const std::uint32_t timestamp = packet.timestamp + segment->timestampOffset;
    const std::size_t bytes =
        my.rtx ? my.assemble({*my.rtx, packet, payload, my.rtxSequence, timestamp, sequence},
                             transportSequence, now, into)
               : my.assemble({my.head, packet, payload, sequence, timestamp, std::nullopt}, transportSequence,
                             now, into);
    if (bytes == 0) return 0;
    if (my.isVp8) rtp::applyVp8Offsets(payloadOf(into, bytes, packet), segment->vp8);
    if (my.rtx)
        ++my.rtxSequence;
    else
        my.countSent(packet);
    ++my.counters.retransmitted;
    return bytes;
}

std::size_t ViewerStream::pad(std::uint8_t* packet, std::size_t bytes, std::size_t wanted) {
    constexpr unsigned padded = 0x20;
    if (wanted <= bytes || wanted - bytes > 255 || (packet[0] & padded) != 0) return bytes;
    packet[0] |= padded;
    std::memset(packet + bytes, 0, wanted - bytes);
    packet[wanted - 1] = static_cast<std::uint8_t>(wanted - bytes);
    return wanted;
}

std::optional<rtp::SenderReport> ViewerStream::report(Clock::time_point now) const {
    const auto rtpTime = impl_->wallClock.at(now);
    if (!rtpTime) return std::nullopt;
    using std::chrono::system_clock;
    const auto wallTime =
        system_clock::now() + std::chrono::duration_cast<system_clock::duration>(now - Clock::now());
    return rtp::SenderReport{impl_->settings.ssrc, wallTime, *rtpTime, impl_->packets, impl_->octets};
}

bool ViewerStream::mayReport(Clock::time_point now) const {
    return impl_->wallClock.isSettled(now);
}

void ViewerStream::setRoundTrip(Clock::duration time) {
    impl_->roundTrip = std::clamp(time, minRoundTrip, maxRoundTrip);
}

const ViewerStreamSettings& ViewerStream::settings() const {
    return impl_->settings;
}

void ViewerStream::countKeyframeWanted() {
    ++impl_->counters.keyframesWanted;
}

const ViewerCounters& ViewerStream::counters() const {
    return impl_->counters;
}

} // namespace spillway::relay::webrtc
