#include "relay/outputs/webrtc/worker/viewer_session.h"

#include "relay/base/log.h"
#include "relay/base/overloaded.h"
#include "relay/port/ice_exchange.h"
#include "relay/rtp/feedback.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace spillway::relay::webrtc {

namespace {

/// For ICE and DTLS together.
constexpr std::chrono::seconds connectTime{10};
constexpr const char* anotherCodec = "the track has another codec now";

} // namespace

ViewerSession::ViewerSession(SessionSetup setup, port::SessionTag tag, const DtlsContext& dtls,
                             port::Sockets& sockets, Clock::time_point now)
    : setup_(std::move(setup))
    , sockets_(sockets)
    , begun_(now)
    , ice_(setup_.ours, setup_.theirs, tag, now)
    , dtls_(dtls, setup_.fingerprint, [this](Bytes datagram) {
        if (path()) sockets_.send(*path(), datagram);
    }) {}

ViewerSession::~ViewerSession() {
    if (wire_)
        for (const auto& channel : channels_)
            channel->goodbye(*wire_, Clock::now());
    dtls_.close();
}

void ViewerSession::onStun(Bytes datagram, const port::Path& path, Clock::time_point now,
                           const std::function<void()>& onSelected) {
    if (!ended_.empty()) return;
    port::exchange(ice_, sockets_, datagram, path, now, [&] {
        setup_.stats->setAddress(path.text());
        if (wire_) wire_->path = path;
        onSelected();
    });
}

void ViewerSession::losePath() {
    wire_.reset();
    ice_.loseSelected();
    end("its path is another viewer's or publisher's now");
}

void ViewerSession::onDatagram(port::DatagramKind kind, MutableBytes datagram, const port::Path& path,
                               Clock::time_point now) {
    if (!ended_.empty() || this->path() != path) return;
    if (kind == port::DatagramKind::dtls) return follow(dtls_.receive(datagram), now);
    if (kind != port::DatagramKind::rtcp || !wire_) return;
    const std::size_t bytes = srtp_->unprotectRtcp(datagram, now);
    if (bytes == 0) return;
    onFeedback(datagram.first(bytes), *wire_, now);
    sockets_.flush(wire_->path);
    if (std::any_of(channels_.begin(), channels_.end(),
                    [](const auto& channel) { return channel->isBroken(); }))
        end("its path takes next to nothing (RFC 8083)");
}

void ViewerSession::follow(DtlsServer::State state, Clock::time_point now) {
    switch (state) {
    case DtlsServer::State::handshaking:
        break;
    case DtlsServer::State::connected:
        if (!wire_) connect(now);
        break;
    case DtlsServer::State::closed:
        end("the viewer left");
        break;
    case DtlsServer::State::failed:
        end("DTLS: " + dtls_.failure());
        break;
    }
}

void ViewerSession::connect(Clock::time_point now) {
    srtp_.emplace(dtls_.keys());
    wire_.emplace(Wire{sockets_, *srtp_, *path(), 0});
    taking_.emplace(now);
    setup_.onConnected();
}

void ViewerSession::play(std::vector<ChannelSetup> channels) {
    for (ChannelSetup& channel : channels)
        channels_.push_back(std::make_unique<Channel>(std::move(channel)));
}

void ViewerSession::pass(Channel& channel, const Batch& batch, Clock::time_point now) {
    if (!ended_.empty()) return channel.giveUp(batch);
    if (!channel.isBehind() && takesMedia()) {
        if (!channel.send(batch, *wire_, now)) end(anotherCodec);
        return;
    }
    channel.keepBack(batch);
    serve(channel, now);
}

/// Sends what waits in the queue of this channel, as long as the path takes it.
void ViewerSession::serve(Channel& channel, Clock::time_point now) {
    while (ended_.empty() && takesMedia()) {
        const auto sent = channel.serve(*wire_, now);
        if (!sent) return end(anotherCodec);
        if (*sent == 0) return;
    }
}

void ViewerSession::serveAll(Clock::time_point now) {
    for (const auto& channel : channels_)
        if (channel->isBehind()) serve(*channel, now);
}

void ViewerSession::tick(Clock::time_point now) {
    if (!ended_.empty()) return;
    const auto due = dtls_.timeout(now);
    if (due && *due <= now) follow(dtls_.onTimeout(), now);
    if (!ice_.hasConsent(now)) return end("the viewer is gone");
    if (!wire_ && now - begun_ >= connectTime)
        return end(path() ? "no DTLS handshake in time" : "the viewer did not come");
    port::sendDueChecks(ice_, sockets_, now);
    if (!wire_) return;
    if (!taking_->goesOn(sockets_, wire_->path, now)) return end("its TCP connection takes nothing any more");
    serveAll(now);
    for (const auto& channel : channels_)
        channel->tick(*wire_, now);
}

Channel* ViewerSession::channelOf(std::uint32_t ssrc) {
    const auto found = std::find_if(channels_.begin(), channels_.end(),
                                    [&](const auto& channel) { return channel->sends(ssrc); });
    return found == channels_.end() ? nullptr : found->get();
}

void ViewerSession::onFeedback(Bytes rtcp, Wire& wire, Clock::time_point now) {
    const Overloaded heed{
        [&](const rtp::ReceptionReport& report) {
            if (Channel* channel = channelOf(report.ssrc)) channel->onReport(report, now);
        },
        [&](const rtp::Nack& nack) {
            if (Channel* channel = channelOf(nack.ssrc)) channel->retransmit(nack.sequence, wire, now);
        },
        [&](const rtp::KeyframeWanted& wanted) {
            if (Channel* channel = channelOf(wanted.ssrc)) channel->onKeyframeWanted(wire, now);
        },
        [&](const rtp::Bandwidth& bandwidth) {
            setup_.stats->bandwidth.store(bandwidth.bitsPerSecond, std::memory_order_relaxed);
        },
    };
    for (const rtp::Feedback& said : rtp::readFeedback(rtcp))
        std::visit(heed, said);
}

void ViewerSession::fail(const std::string& why) {
    log::error("viewer failed viewer={} error=\"{}\"", setup_.id, why);
    end("our own error: " + why);
}

void ViewerSession::end(std::string reason) {
    if (ended_.empty()) ended_ = std::move(reason);
}

} // namespace spillway::relay::webrtc
