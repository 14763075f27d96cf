#include "relay/outputs/webrtc/worker/channel.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/format.h"
#include "relay/rtp/ntp.h"
#include "relay/rtp/sender_report.h"
#include "relay/srtp/gcm.h"
#include "relay/track/keyframe_broker.h"

#include <strings.h>

#include <algorithm>
#include <utility>

namespace spillway::relay::webrtc {

namespace {

/// How old a keyframe in the ring may be for a new viewer to begin with it. What follows it is decoded faster
/// than it plays; beyond this age a new keyframe arrives sooner. Longer than the broker's window, so that
/// either a keyframe is here or the request for one may go out.
constexpr std::chrono::milliseconds freshKeyframe{600};
static_assert(freshKeyframe > KeyframeBroker::defaultWindow);
constexpr std::chrono::seconds reportEvery{2};
/// How long a viewer that gets keyframes alone waits for the next before it wishes for one.
constexpr std::chrono::seconds pictureEvery{5};
/// Retransmissions per second to one viewer, and at once.
constexpr std::uint32_t retransmissionRate = 500;
constexpr std::uint32_t retransmissionBurst = 250;
// What the ring still has can be protected again.
static_assert(srtp::GcmSender::window >= PacketRing::packets);

} // namespace

Channel::Channel(ChannelSetup setup)
    : setup_(std::move(setup))
    , stream_(setup_.stream)
    , allowance_(retransmissionBurst)
    , thinning_(setup_.feed->kind()) {
    setup_.share->arrive();
}

Channel::~Channel() {
    setup_.share->leave();
}

bool Channel::sends(std::uint32_t ssrc) const {
    return ssrc == setup_.stream.ssrc || (setup_.stream.rtxPayloadType && ssrc == setup_.stream.rtxSsrc);
}

/// Whether all have the codec that was agreed on.
bool Channel::fits(const Batch& batch) {
    return std::all_of(batch.frames().begin(), batch.frames().end(),
                       [this](const Frame& frame) { return frame.format == format_ || fits(frame); });
}

bool Channel::fits(const Frame& frame) {
    const auto format = rtp::formatOf(frame.format->caps.get());
    const auto encoding = format.encoding.substr(0, format.encoding.find('/'));
    if (::strcasecmp(encoding.c_str(), setup_.stream.encoding.c_str()) != 0) return false;
    format_ = frame.format;
    return true;
}

void Channel::noteKeyframe(const Batch& batch) {
    if (!setup_.firstKeyframe || !batch.hasKeyframe()) return;
    const std::chrono::duration<double> passed = Clock::now() - came_;
    std::exchange(setup_.firstKeyframe, nullptr)->add(passed.count());
}

bool Channel::send(const Batch& batch, Wire& wire, Clock::time_point now) {
    noteKeyframe(batch);
    const auto sent = write(batch, wire, now);
    if (!sent) {
        setup_.share->drop(DropReason::writeError, batch.frames().size());
    } else {
        setup_.share->deliver(sent->delivered);
        setup_.share->drop(DropReason::awaitKeyframe, sent->early);
        setup_.share->drop(DropReason::congested, sent->thinned);
        setup_.share->drop(DropReason::writeError, sent->lostOf(batch.frames().size()));
    }
    publish();
    return sent.has_value();
}

void Channel::keepBack(const Batch& batch) {
    noteKeyframe(batch);
    for (const Frame& frame : batch.frames())
        setup_.share->own().push(frame);
    behind_ = true;
}

void Channel::giveUp(const Batch& batch) {
    setup_.share->drop(DropReason::end, batch.frames().size());
    publish();
}

std::optional<std::size_t> Channel::serve(Wire& wire, Clock::time_point now) {
    Batch batch;
    const std::size_t taken = batch.take(setup_.share->own());
    if (taken == 0) {
        behind_ = setup_.share->own().stats().awaitingKeyframe;
        if (behind_ && isVideo()) want(WishReason::drop, now);
        return 0;
    }
    const auto sent = write(batch, wire, now);
    wire.sockets.flush();
    if (!sent) {
        setup_.share->own().settle(0, taken);
        return std::nullopt;
    }
    if (sent->early > 0) setup_.share->own().settle(0, sent->early, DropReason::awaitKeyframe);
    if (sent->thinned > 0) setup_.share->own().settle(0, sent->thinned, DropReason::congested);
    setup_.share->own().settle(sent->delivered, sent->lostOf(taken));
    publish();
    return taken;
}

std::optional<Channel::Sent> Channel::write(const Batch& batch, Wire& wire, Clock::time_point now) {
    if (!fits(batch)) return std::nullopt;
    const auto& packets = batch.packets();
    Sent sent;
    if (start_ != Start::begun) sent.early = begin(batch, wire, now);
    for (std::size_t i = sent.early; i < packets.size(); ++i) {
        if (!thinning_.passes(*packets[i].frame))
            ++sent.thinned;
        else if (write(packets[i], wire, now))
            ++sent.delivered;
    }
    wire.sockets.to(wire.path);
    report(wire, now);
    return sent;
}

/// How many of the packets come before the first that the viewer can begin with.
std::size_t Channel::begin(const Batch& batch, Wire& wire, Clock::time_point now) {
    const auto& packets = batch.packets();
    if (packets.empty()) return 0;
    const auto first = std::find_if(packets.begin(), packets.end(),
                                    [](const Batch::Packet& packet) { return packet.frame->keyframe; });
    if (first == packets.begin() || beginWithRecent(batch, wire, now)) {
        start_ = Start::begun;
        return 0;
    }
    if (first != packets.end())
        start_ = Start::begun;
    else if (std::exchange(start_, Start::wished) == Start::waits)
        setup_.wish(WishReason::attach);
    return static_cast<std::size_t>(first - packets.begin());
}

/// Sends what leads from the last keyframe to the first packet of the batch.
bool Channel::beginWithRecent(const Batch& batch, Wire& wire, Clock::time_point now) {
    const PacketRing* recent = setup_.feed->recent();
    if (!recent) return false;
    const Batch::Packet& next = batch.packets().front();
    const auto at = [&](std::uint16_t sequence) {
        return recent->find(next.frame->format->incarnation, next.rtp->ssrc, sequence);
    };
    std::uint16_t sequence = next.rtp->sequence;
    const Frame* kept = nullptr;
    do {
        kept = at(--sequence);
        if (!kept || now - kept->arrived > freshKeyframe) return false;
    } while (!kept->keyframe);
    for (; sequence != next.rtp->sequence; ++sequence) {
        kept = at(sequence);
        if (kept && kept->packet) writeKept(*kept, wire, now);
    }
    return true;
}

/// Without RTX a packet may have to be sent once more as it was, and that is without padding
/// (srtp/session.h).
bool Channel::mayPad() const {
    return setup_.stream.rtxPayloadType || !setup_.stream.nack;
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

/// False when it could not be sent, though there is something in it.
bool Channel::write(const Batch::Packet& packet, Wire& wire, Clock::time_point now) {
    const std::size_t padding = mayPad() ? packet.padding : 0;
    const MutableBytes room = roomFor(ViewerStream::maxHeader + packet.payload.size() + padding, wire);
    std::size_t bytes = writeInto(room, packet, wire, now);
    if (bytes == 0) return packet.payload.empty();
    noteSent(*packet.frame, room, now);
    if (padding > 0) bytes = ViewerStream::pad(room.data(), bytes, bytes + padding);
    return add(room.first(bytes), wire);
}

/// What was left out before it leaves no gap.
std::size_t Channel::writeInto(MutableBytes room, const Batch::Packet& packet, Wire& wire,
                               Clock::time_point now) {
    if (!thinning_.takeGap())
        return stream_.write(*packet.frame, packet.payload, wire.transportSequence, now, room);
    Frame next = *packet.frame;
    next.discontinuity = true;
    return stream_.write(next, packet.payload, wire.transportSequence, now, room);
}

void Channel::writeKept(const Frame& frame, Wire& wire, Clock::time_point now) {
    const MutableBytes room = roomFor(ViewerStream::maxHeader + frame.packet->payloadBytes, wire);
    const std::size_t bytes = stream_.write(frame, wire.transportSequence, now, room);
    if (bytes == 0) return;
    noteSent(frame, room, now);
    add(room.first(bytes), wire);
}

bool Channel::add(MutableBytes packet, Wire& wire) {
    const std::size_t bytes = wire.srtp.protect(packet.data(), packet.size());
    wire.sockets.add(bytes);
    return bytes > 0;
}

void Channel::noteSent(const Frame& frame, MutableBytes packet, Clock::time_point now) {
    if (isVideo() && keyframe_.note(frame, readU16(&packet[2]), now)) allowed_.onKeyframe();
}

void Channel::retransmit(std::uint16_t sequence, Wire& wire, Clock::time_point now) {
    if (!setup_.feed->recent()) return;
    const auto passed = std::chrono::duration<double>(now - allowedAt_).count() * retransmissionRate;
    if (passed >= 1) {
        allowance_ = static_cast<std::uint32_t>(
            std::min<double>(retransmissionBurst, static_cast<double>(allowance_) + passed));
        allowedAt_ = now;
    }
    if (allowance_ == 0) return;
    const MutableBytes room = roomFor(port::Sockets::maxPacket - srtp::Session::trailer, wire);
    std::size_t bytes =
        stream_.retransmit(sequence, *setup_.feed->recent(), wire.transportSequence, now, room);
    if (bytes > 0) bytes = wire.srtp.protect(room.data(), bytes);
    if (bytes > 0) {
        --allowance_;
        wire.sockets.add(bytes);
    }
    publish();
}

void Channel::onReport(const rtp::ReceptionReport& report, Clock::time_point now) {
    if (report.ssrc != setup_.stream.ssrc) return;
    reception_.lost = static_cast<std::uint64_t>(std::max(report.lost, 0));
    reception_.fractionLost = report.fractionLost;
    reception_.jitter = static_cast<double>(report.jitter) / setup_.stream.clockRate;
    const auto wallTime = rtp::ntpTime(std::chrono::system_clock::now());
    if (const auto time = rtp::roundTrip(report, rtp::ntpMiddle(wallTime))) {
        reception_.roundTrip = *time;
        stream_.setRoundTrip(
            std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(*time)));
    }
    const auto& sent = stream_.counters();
    thinning_.onReport(
        {now, report.highestSequence, report.lost, sent.packets, sent.bytes, reception_.roundTrip});
    if (thinning_.awaitsKeyframe()) want(WishReason::viewer, now);
    publish();
}

/// The one that it may have missed first; nobody else pays for that.
void Channel::onKeyframeWanted(Wire& wire, Clock::time_point now) {
    stream_.countKeyframeWanted();
    publish();
    if (!repeatKeyframe(wire, now)) want(WishReason::viewer, now);
}

/// Once for each keyframe, while it is fresh.
bool Channel::repeatKeyframe(Wire& wire, Clock::time_point now) {
    const auto numbers = keyframe_.takeToRepeat(now, freshKeyframe);
    if (!numbers) return false;
    const auto before = stream_.counters().retransmitted;
    const auto packets = static_cast<std::uint16_t>(numbers->last - numbers->first + 1);
    for (std::uint16_t i = 0; i < packets && i < PacketRing::packets; ++i)
        retransmit(static_cast<std::uint16_t>(numbers->first + i), wire, now);
    return stream_.counters().retransmitted > before;
}

/// At once or, when its allowance is used up, by a later tick().
void Channel::want(WishReason why, Clock::time_point now) {
    wishedFor_ = why;
    allowed_.want();
    if (allowed_.mayAsk(now)) setup_.wish(wishedFor_);
}

void Channel::tick(Wire& wire, Clock::time_point now) {
    if (thinning_.isOn() && keyframe_.at() && now - *keyframe_.at() > pictureEvery)
        want(WishReason::viewer, now);
    if (allowed_.mayAsk(now)) setup_.wish(wishedFor_);
    report(wire, now);
}

void Channel::report(Wire& wire, Clock::time_point now) {
    if (now < nextReport_ || !stream_.mayReport(now)) return;
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
    setup_.share->publish({stream_.counters(), reception_});
}

} // namespace spillway::relay::webrtc
