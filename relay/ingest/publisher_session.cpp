#include "relay/ingest/publisher_session.h"

#include "relay/ingest/socket_elements.h"

#include <array>
#include <utility>

namespace spillway::relay::ingest {

PublisherSession::PublisherSession(SessionSetup setup, port::Sockets& sockets, Clock::time_point now)
    : setup_(std::move(setup))
    , sockets_(sockets)
    , ice_(setup_.ours, setup_.theirs, now) {}

void PublisherSession::onStun(Bytes datagram, const port::Path& path, Clock::time_point now,
                              const std::function<void()>& onSelected) {
    std::array<std::uint8_t, port::IceLite::maxMessage> message;
    const bool first = !ice_.selected();
    const auto outcome = ice_.receive(datagram, path, now, message);
    if (outcome.selected) {
        setup_.route->follow(path);
        onSelected();
    }
    if (outcome.reply > 0) sockets_.send(path, std::span(message).first(outcome.reply));
    if (outcome.checkBack)
        if (const std::size_t bytes = ice_.check(message))
            sockets_.send(path, std::span(message).first(bytes));
    if (outcome.selected && first) setup_.onConnected();
}

void PublisherSession::onDatagram(Bytes datagram, const port::Path& path) {
    if (over_ || path != ice_.selected()) return;
    pushDatagram(setup_.source.get(), datagram);
}

void PublisherSession::tick(Clock::time_point now) {
    if (over_ || !ice_.selected() || ice_.hasConsent(now)) return;
    over_ = true;
    setup_.onConsentLost();
}

} // namespace spillway::relay::ingest
