#include "relay/outputs/webrtc/worker/channel.h"

#include "relay/rtp/format.h"
#include "relay/rtp/ntp.h"
#include "relay/rtp/sender_report.h"
#include "relay/srtp/gcm.h"
#include "relay/track/keyframe_broker.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

/// Packets of one channel before the next has its turn: most frames whole.
constexpr std::size_t batch = 64;
/// How old a keyframe in the ring may be for a new viewer to begin with it. What follows it is decoded faster
/// than it plays; beyond this age a new keyframe arrives sooner. Longer than the broker's window, so that
/// either a keyframe is here or the request for one may go out.
constexpr std::chrono::milliseconds freshKeyframe{600};
static_assert(freshKeyframe > KeyframeBroker::defaultWindow);
/// A packet that much shorter than its neighbours is padded, so that one system call sends them all.
constexpr std::size_t maxPadding = 16;
constexpr std::chrono::seconds reportEvery{2};
/// Retransmissions per second to one viewer, and at once.
constexpr std::uint32_t retransmissionRate = 500;
constexpr std::uint32_t retransmissionBurst = 250;
// What the ring still has can be protected again.
static_assert(srtp::GcmSender::window >= PacketRing::packets);

} // namespace

Channel::Channel(ChannelSetup setup)
    : setup_(std::move(setup))
    , stream_(setup_.stream)
    , allowance_(retransmissionBurst) {}

Channel::~Channel() {
    setup_.queue->abandon();
}

bool Channel::sends(std::uint32_t ssrc) const {
    return ssrc == setup_.stream.ssrc || (setup_.stream.rtxPayloadType && ssrc == setup_.stream.rtxSsrc);
}

/// Whether the frame has the codec that was agreed on.
bool Channel::fits(const Frame& frame) {
    if (frame.format == format_) return true;
    const auto format = rtp::formatOf(frame.format->caps.get());
    const auto encoding = format.encoding.substr(0, format.encoding.find('/'));
    if (::strcasecmp(encoding.c_str(), setup_.stream.encoding.c_str()) != 0) return false;
    format_ = frame.format;
    return true;
}

std::optional<std::size_t> Channel::serve(Wire& wire, Clock::time_point now) {
    frames_.clear();
    packets_.clear();
    const std::size_t taken = setup_.queue->take(frames_, batch);
    if (taken == 0) return 0;
    for (const Frame& frame : frames_) {
        if (!fits(frame)) {
            setup_.queue->settle(0, taken);
            return std::nullopt;
        }
        if (frame.packet) packets_.push_back({&frame, &*frame.packet});
    }
    keep();
    const std::size_t early = begun_ ? 0 : begin(wire, now);
    sendAll(early, wire, now);
    wire.sockets.flush(wire.path);
    report(wire, now);
    if (early > 0) setup_.queue->settle(0, early, DropReason::awaitKeyframe);
    setup_.queue->settle(packets_.size() - early, taken - packets_.size());
    publish();
    return taken;
}

void Channel::keep() const {
    if (!setup_.ring) return;
    for (const Packet& packet : packets_)
        setup_.ring->put(*packet.frame);
}

std::size_t Channel::begin(Wire& wire, Clock::time_point now) {
    if (packets_.empty()) return 0;
    const auto first = std::find_if(packets_.begin(), packets_.end(),
                                    [](const Packet& packet) { return packet.frame->keyframe; });
    begun_ = first != packets_.end();
    if (begun_ && first == packets_.begin()) return 0;
    if (beginInRing(wire, now)) {
        begun_ = true;
        return 0;
    }
    if (!begun_ && !std::exchange(wished_, true)) setup_.wish(WishReason::attach);
    return static_cast<std::size_t>(first - packets_.begin());
}

/// Sends what leads from the last keyframe to the first packet of the queue.
bool Channel::beginInRing(Wire& wire, Clock::time_point now) {
    if (!setup_.ring) return false;
    const Packet& next = packets_.front();
    const auto at = [&](std::uint16_t sequence) {
        return setup_.ring->find(next.frame->format->incarnation, next.rtp->ssrc, sequence);
    };
    std::uint16_t sequence = next.rtp->sequence;
    const Frame* kept = nullptr;
    do {
        kept = at(--sequence);
        if (!kept || now - kept->arrived > freshKeyframe) return false;
    } while (!kept->keyframe);
    for (; sequence != next.rtp->sequence; ++sequence) {
        kept = at(sequence);
        if (kept && kept->packet) send({kept, &*kept->packet}, 0, wire, now);
    }
    return true;
}

/// Without RTX a packet may have to be sent once more as it was, and that is without padding
/// (srtp/session.h).
bool Channel::mayPad() const {
    return setup_.stream.rtxPayloadType || !setup_.stream.nack;
}

void Channel::sendAll(std::size_t first, Wire& wire, Clock::time_point now) {
    for (std::size_t begin = first; begin < packets_.size();) {
        // The packets of one frame, but for the last, are to be of one length.
        std::size_t end = begin;
        std::size_t longest = 0;
        for (; end < packets_.size() && packets_[end].rtp->timestamp == packets_[begin].rtp->timestamp; ++end)
            longest = std::max<std::size_t>(longest, packets_[end].rtp->payloadBytes);
        for (std::size_t i = begin; i < end; ++i) {
            const std::size_t missing = longest - packets_[i].rtp->payloadBytes;
            const bool pad = mayPad() && i + 1 < end && missing > 0 && missing <= maxPadding;
            send(packets_[i], pad ? missing : 0, wire, now);
        }
        begin = end;
    }
}

/// Room for a packet of that many bytes, behind which there is more for what protecting it adds; empty when
/// no packet may be so long.
MutableBytes Channel::roomFor(std::size_t bytes, Wire& wire) {
    const std::size_t most = bytes + srtp::Session::trailer;
    if (most > port::Sockets::maxPacket) return {};
    MutableBytes room = wire.sockets.room(most);
    if (room.empty()) {
        wire.sockets.flush(wire.path);
        room = wire.sockets.room(most);
    }
    return room.first(bytes);
}

void Channel::send(const Packet& packet, std::size_t padding, Wire& wire, Clock::time_point now) {
    const MutableBytes room = roomFor(ViewerStream::maxHeader + packet.rtp->payloadBytes + padding, wire);
    std::size_t bytes = stream_.write(*packet.frame, wire.transportSequence, now, room);
    if (bytes == 0) return;
    if (padding > 0) bytes = ViewerStream::pad(room.data(), bytes, bytes + padding);
    wire.sockets.add(wire.srtp.protect(room.data(), bytes));
}

void Channel::retransmit(std::uint16_t sequence, Wire& wire, Clock::time_point now) {
    if (!setup_.ring) return;
    const auto passed = std::chrono::duration<double>(now - allowedAt_).count() * retransmissionRate;
    if (passed >= 1) {
        allowance_ = static_cast<std::uint32_t>(
            std::min<double>(retransmissionBurst, static_cast<double>(allowance_) + passed));
        allowedAt_ = now;
    }
    if (allowance_ == 0) return;
    const MutableBytes room = roomFor(port::Sockets::maxPacket - srtp::Session::trailer, wire);
    std::size_t bytes = stream_.retransmit(sequence, *setup_.ring, wire.transportSequence, now, room);
    if (bytes > 0) bytes = wire.srtp.protect(room.data(), bytes);
    if (bytes > 0) {
        --allowance_;
        wire.sockets.add(bytes);
    }
    publish();
}

void Channel::onReport(const rtp::ReceptionReport& report) {
    if (report.ssrc != setup_.stream.ssrc) return;
    reception_.lost = static_cast<std::uint64_t>(std::max(report.lost, 0));
    reception_.fractionLost = report.fractionLost;
    reception_.jitter = static_cast<double>(report.jitter) / setup_.stream.clockRate;
    const auto now = rtp::ntpTime(std::chrono::system_clock::now());
    if (const auto time = rtp::roundTrip(report, rtp::ntpMiddle(now))) {
        reception_.roundTrip = *time;
        stream_.setRoundTrip(
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(*time)));
    }
    publish();
}

void Channel::onKeyframeWanted() {
    stream_.countKeyframeWanted();
    publish();
    setup_.wish(WishReason::viewer);
}

void Channel::report(Wire& wire, Clock::time_point now) {
    if (now < nextReport_) return;
    const auto current = stream_.report(now);
    if (!current) return;
    nextReport_ = now + reportEvery;
    sendRtcp(rtp::senderReport(*current, setup_.stream.cname), wire);
}

void Channel::goodbye(Wire& wire, Clock::time_point now) {
    if (const auto current = stream_.report(now)) sendRtcp(rtp::goodbye(*current, setup_.stream.cname), wire);
}

void Channel::sendRtcp(std::vector<std::uint8_t> packet, Wire& wire) {
    const std::size_t plain = packet.size();
    packet.resize(plain + srtp::Session::trailer);
    const std::size_t size = wire.srtp.protectRtcp(packet.data(), plain);
    if (size > 0) wire.sockets.send(wire.path, Bytes(packet.data(), size));
}

void Channel::publish() const {
    setup_.stats->write({stream_.counters(), reception_});
}

} // namespace spillway::relay::webrtc
