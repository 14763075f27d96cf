#include "relay/ingest/ingest.h"

#include "relay/base/hold.h"
#include "relay/base/log.h"
#include "relay/port/socket_buffers.h"

#include <algorithm>
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

/// No longer than the kernel's buffers hold what comes meanwhile.
std::chrono::milliseconds longestPause(const port::Sockets& sockets) {
    auto pause = Audience::pause;
    for (const int socket : sockets.descriptors())
        pause = std::min(pause, port::holdingTime(socket));
    return pause;
}

} // namespace

Ingest::Ingest(port::MediaPort& port)
    : port_(port)
    , sockets_(port.bind(socketOptions()))
    , pause_(longestPause(*sockets_))
    , table_(port.directory(), *this)
    , audience_(std::make_shared<Audience>([this] { reactor_.post([] {}); }))
    , mailbox_(reactor_, [this](MutableBytes datagram,
                                const port::Path& path) { onDatagram(datagram, path, port::From::mailbox); })
    , reactor_("ingest", *this) {
    const auto descriptors = sockets_->descriptors();
    for (std::size_t i = 0; i < descriptors.size(); ++i)
        reactor_.watch(descriptors[i], [this, i] { read(i); });
    reactor_.post([] { Hold::neverHere(); });
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
    lane_.stop();
}

void Ingest::add(SessionSetup setup) {
    const auto tag = port_.directory().add(setup.ours.ufrag, *this);
    reactor_.post([this, tag, shared = std::make_shared<SessionSetup>(std::move(setup))] {
        open(std::move(*shared), tag);
    });
}

void Ingest::remove(const std::string& ufrag) {
    reactor_.post([this, ufrag] { drop(ufrag); });
}

void Ingest::losePath(const port::Path& path) {
    reactor_.post([this, path] {
        if (auto* loser = table_.lose(path)) loser->losePath();
    });
}

void Ingest::open(SessionSetup setup, port::SessionTag tag) {
    const std::string ufrag = setup.ours.ufrag;
    auto session = std::make_unique<PublisherSession>(std::move(setup), tag, *sockets_, Clock::now());
    table_.add(ufrag, tag, *session);
    sessions_[ufrag] = std::move(session);
}

void Ingest::drop(const std::string& ufrag) {
    table_.remove(ufrag);
    sessions_.erase(ufrag);
}

template <class Work>
void Ingest::with(PublisherSession& session, const Work& work) {
    try {
        work();
    } catch (const std::exception& error) {
        session.fail(error.what());
    }
}

void Ingest::read(std::size_t socket) {
    const auto came =
        sockets_->receive(socket, readBatch, [this](MutableBytes datagram, const port::Path& path) {
            onDatagram(datagram, path, port::From::network);
        });
    readAt_ = came < readBatch ? Clock::now() : Clock::time_point();
}

void Ingest::onDatagram(MutableBytes datagram, const port::Path& path, port::From from) {
    const port::DatagramKind kind = port::kindOf(datagram);
    PublisherSession* session = table_.find(kind, datagram, path, from);
    if (!session) return;
    with(*session, [&] {
        if (kind == port::DatagramKind::stun)
            onStun(*session, datagram, path);
        else
            session->onDatagram(kind, datagram, path);
    });
}

void Ingest::onStun(PublisherSession& session, Bytes datagram, const port::Path& path) {
    session.onStun(datagram, path, Clock::now(), [&, before = session.path()] {
        if (auto* loser = table_.move(session, before)) loser->losePath();
    });
    if (session.path() == path)
        if (auto early = table_.takeEarlyDtls(path); !early.empty())
            session.onDatagram(port::DatagramKind::dtls, early, path);
    wakeFor(session);
}

std::optional<Clock::time_point> Ingest::nextTimeout() {
    if (sessions_.empty()) return std::nullopt;
    return nextTick_;
}

void Ingest::onTimeout(Clock::time_point now) {
    nextTick_ = now + tickPeriod;
    for (const auto& [ufrag, session] : sessions_) {
        with(*session, [&one = *session, now] { one.tick(now); });
        wakeFor(*session);
    }
}

/// Not while somebody is coming: a handshake has many steps.
std::optional<Clock::time_point> Ingest::nextRead(Clock::time_point now) {
    const auto next = readAt_ + pause_;
    if (next <= now || !audience_->isEmpty()) return std::nullopt;
    const auto isComing = [now](const auto& session) { return session.second->isComing(now); };
    if (std::any_of(sessions_.begin(), sessions_.end(), isComing)) return std::nullopt;
    return next;
}

void Ingest::wakeFor(const PublisherSession& session) {
    nextTick_ = std::min(nextTick_, session.nextCheck().value_or(nextTick_));
}

} // namespace spillway::relay::ingest
