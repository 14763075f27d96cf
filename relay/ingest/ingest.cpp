#include "relay/ingest/ingest.h"

#include "relay/base/log.h"

#include <utility>

namespace spillway::relay::ingest {

namespace {

constexpr std::chrono::seconds tickPeriod{1};
/// Datagrams of one socket before another one has its turn.
constexpr std::size_t readBatch = 256;

/// Publishers that do not pace send a keyframe at once, and many do so together.
port::SocketOptions socketOptions() {
    port::SocketOptions options;
    options.bufferBytes = 8 * 1024 * 1024;
    options.takesRtp = true;
    return options;
}

} // namespace

Ingest::Ingest(port::MediaPort& port)
    : port_(port)
    , sockets_(port.bind(socketOptions()))
    , mailbox_(reactor_, [this](MutableBytes datagram,
                                const port::Path& path) { onDatagram(datagram, path, From::mailbox); })
    , reactor_("ingest", *this) {
    const auto descriptors = sockets_->descriptors();
    for (std::size_t i = 0; i < descriptors.size(); ++i)
        reactor_.watch(descriptors[i], [this, i] { read(i); });
    reactor_.start();
    if (!sockets_->bufferWarning().empty()) log::warn("publishers {}", sockets_->bufferWarning());
    for (const auto& address : port.addresses())
        log::info("publishers listening address={}", address.text());
}

Ingest::~Ingest() {
    stop();
}

void Ingest::stop() {
    reactor_.post([this] {
        while (!sessions_.empty())
            drop(sessions_.begin()->first);
    });
    reactor_.stop();
}

void Ingest::add(SessionSetup setup) {
    port_.directory().add(setup.ours.ufrag, *this);
    reactor_.post(
        [this, shared = std::make_shared<SessionSetup>(std::move(setup))] { open(std::move(*shared)); });
}

void Ingest::remove(const std::string& ufrag) {
    port_.directory().remove(ufrag);
    reactor_.post([this, ufrag] { drop(ufrag); });
}

void Ingest::open(SessionSetup setup) {
    const std::string ufrag = setup.ours.ufrag;
    sessions_[ufrag] = std::make_unique<PublisherSession>(std::move(setup), *sockets_, Clock::now());
}

void Ingest::drop(const std::string& ufrag) {
    const auto found = sessions_.find(ufrag);
    if (found == sessions_.end()) return;
    if (const auto& path = found->second->path()) release(*path, *found->second);
    sessions_.erase(found);
}

void Ingest::read(std::size_t socket) {
    sockets_->receive(socket, readBatch, [this](MutableBytes datagram, const port::Path& path) {
        onDatagram(datagram, path, From::network);
    });
}

void Ingest::onDatagram(Bytes datagram, const port::Path& path, From from) {
    const port::DatagramKind kind = port::kindOf(datagram);
    if (kind == port::DatagramKind::stun) return onStun(datagram, path, from);
    if (kind == port::DatagramKind::other) return;
    if (const auto found = byPath_.find(path); found != byPath_.end())
        return found->second->onDatagram(datagram, path);
    if (from == From::mailbox) return;
    if (auto* owner = port_.directory().find(path); owner && owner != this) owner->pass(datagram, path);
}

void Ingest::onStun(Bytes datagram, const port::Path& path, From from) {
    const auto ufrag = port::addressedUfrag(datagram);
    if (!ufrag) return;
    if (const auto found = sessions_.find(*ufrag); found != sessions_.end()) {
        PublisherSession& session = *found->second;
        return session.onStun(datagram, path, Clock::now(),
                              [&, before = session.path()] { moved(session, before); });
    }
    if (from == From::mailbox) return;
    if (auto* owner = port_.directory().find(*ufrag); owner && owner != this) owner->pass(datagram, path);
}

void Ingest::moved(PublisherSession& session, const std::optional<port::Path>& before) {
    if (before) release(*before, session);
    byPath_[*session.path()] = &session;
    port_.directory().add(*session.path(), *this);
}

/// Unless it is another session's by now.
void Ingest::release(const port::Path& path, const PublisherSession& session) {
    const auto found = byPath_.find(path);
    if (found == byPath_.end() || found->second != &session) return;
    byPath_.erase(found);
    port_.directory().remove(path, *this);
}

std::optional<Clock::time_point> Ingest::nextTimeout() {
    if (sessions_.empty()) return std::nullopt;
    return nextTick_;
}

void Ingest::onTimeout(Clock::time_point now) {
    nextTick_ = now + tickPeriod;
    for (const auto& [ufrag, session] : sessions_)
        session->tick(now);
}

} // namespace spillway::relay::ingest
