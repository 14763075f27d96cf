#include "relay/ingest/publisher_session.h"

#include "relay/base/audience.h"
#include "relay/base/log.h"
#include "relay/gst/live_source.h"
#include "relay/port/ice_exchange.h"

#include <utility>

namespace spillway::relay::ingest {

PublisherSession::PublisherSession(SessionSetup setup, port::SessionTag tag, port::Sockets& sockets,
                                   Clock::time_point now)
    : setup_(std::move(setup))
    , sockets_(sockets)
    , ice_(setup_.ours, setup_.theirs, tag, now)
    , taking_(now)
    , opened_(now) {}

void PublisherSession::onStun(Bytes datagram, const port::Path& path, Clock::time_point now,
                              const std::function<void()>& onSelected) {
    if (over_) return;
    const bool first = !ice_.selected();
    port::exchange(ice_, sockets_, datagram, path, now, [&] {
        setup_.route->follow(path);
        onSelected();
    });
    if (first && ice_.selected()) setup_.onConnected();
}

void PublisherSession::onDatagram(port::DatagramKind kind, MutableBytes datagram, const port::Path& path) {
    if (over_ || path != ice_.selected()) return;
    if (kind == port::DatagramKind::rtp) {
        if (!firstMedia_) firstMedia_ = Clock::now();
        return setup_.media->onSrtp(datagram);
    }
    gst::pushLive(setup_.source.get(), datagram);
}

void PublisherSession::tick(Clock::time_point now) {
    if (over_) return;
    if (ice_.selected() && !ice_.hasConsent(now)) return end();
    if (ice_.selected() && !taking_.goesOn(sockets_, *ice_.selected(), now)) return end();
    port::sendDueChecks(ice_, sockets_, now);
}

std::optional<Clock::time_point> PublisherSession::nextCheck() const {
    return over_ ? std::nullopt : ice_.nextDue();
}

bool PublisherSession::isComing(Clock::time_point now) const {
    constexpr std::chrono::seconds longestHandshake{10};
    if (over_) return false;
    return firstMedia_ ? now - *firstMedia_ < Audience::arrival : now - opened_ < longestHandshake;
}

void PublisherSession::losePath() {
    setup_.route->close();
    ice_.loseSelected();
    end();
}

void PublisherSession::fail(const std::string& why) {
    log::error("publisher failed ufrag={} error=\"{}\"", setup_.ours.ufrag, why);
    end();
}

void PublisherSession::end() {
    if (!std::exchange(over_, true)) setup_.onLost();
}

} // namespace spillway::relay::ingest
