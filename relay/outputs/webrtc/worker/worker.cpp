#include "relay/outputs/webrtc/worker/worker.h"

#include <utility>

namespace spillway::relay::webrtc {

namespace {

constexpr std::chrono::milliseconds tickPeriod{50};
/// Datagrams of one socket before media has its turn.
constexpr std::size_t readBatch = 128;
/// Of one channel in a turn.
constexpr int maxBatches = 4;

} // namespace

Worker::Worker(unsigned index, std::unique_ptr<port::Sockets> sockets, Context context)
    : context_(context)
    , sockets_(std::move(sockets))
    , mailbox_(reactor_,
               [this](MutableBytes datagram, const port::Path& path) {
                   onDatagram(datagram, path, From::mailbox);
                   dropOver();
               })
    , reactor_("viewers-" + std::to_string(index), *this) {
    const auto descriptors = sockets_->descriptors();
    for (std::size_t i = 0; i < descriptors.size(); ++i)
        reactor_.watch(descriptors[i], [this, i] { read(i); });
}

Worker::~Worker() {
    stop();
}

void Worker::stop() {
    reactor_.post([this] {
        while (!sessions_.empty())
            drop(sessions_.begin()->first);
    });
    reactor_.stop();
}

std::shared_ptr<PacketRing> Worker::ringFor(const std::string& track) {
    std::erase_if(rings_, [](const auto& entry) { return entry.second.expired(); });
    auto ring = rings_[track].lock();
    if (!ring) rings_[track] = ring = std::make_shared<PacketRing>();
    return ring;
}

std::uint32_t Worker::takeSlot() {
    if (freeSlots_.empty()) return slots_++;
    const std::uint32_t slot = freeSlots_.back();
    freeSlots_.pop_back();
    return slot;
}

void Worker::add(SessionSetup setup) {
    ++viewers_;
    context_.directory.add(setup.ours.ufrag, *this);
    reactor_.post(
        [this, shared = std::make_shared<SessionSetup>(std::move(setup))] { open(std::move(*shared)); });
}

void Worker::remove(ViewerId viewer, std::function<void()> onGone) {
    --viewers_;
    reactor_.post([this, viewer, onGone = std::move(onGone)] {
        drop(viewer);
        onGone();
    });
}

void Worker::read(std::size_t socket) {
    sockets_->receive(socket, readBatch, [this](MutableBytes datagram, const port::Path& path) {
        onDatagram(datagram, path, From::network);
    });
    dropOver();
}

void Worker::onDatagram(MutableBytes datagram, const port::Path& path, From from) {
    const port::DatagramKind kind = port::kindOf(datagram);
    if (kind == port::DatagramKind::stun) return onStun(datagram, path, from);
    if (kind == port::DatagramKind::other) return;
    if (const auto found = byPath_.find(path); found != byPath_.end()) {
        found->second->onDatagram(kind, datagram, path, Clock::now());
        return note(*found->second);
    }
    if (from == From::mailbox) return;
    if (auto* owner = context_.directory.find(path); owner && owner != this) owner->pass(datagram, path);
}

void Worker::onStun(MutableBytes datagram, const port::Path& path, From from) {
    const auto ufrag = port::addressedUfrag(datagram);
    if (!ufrag) return;
    if (const auto found = byUfrag_.find(*ufrag); found != byUfrag_.end()) {
        ViewerSession& session = *found->second;
        session.onStun(datagram, path, Clock::now(),
                       [&, before = session.path()] { moved(session, before); });
        return;
    }
    if (from == From::mailbox) return;
    if (auto* owner = context_.directory.find(*ufrag); owner && owner != this) owner->pass(datagram, path);
}

void Worker::moved(ViewerSession& session, const std::optional<port::Path>& before) {
    if (before) {
        byPath_.erase(*before);
        context_.directory.remove(*before, *this);
    }
    byPath_[*session.path()] = &session;
    context_.directory.add(*session.path(), *this);
}

void Worker::open(SessionSetup setup) {
    const ViewerId id = setup.id;
    auto session = std::make_unique<ViewerSession>(std::move(setup), context_.dtls, *sockets_, Clock::now());
    byUfrag_[session->setup().ours.ufrag] = session.get();
    for (const std::uint32_t slot : session->slots())
        bySlot_[slot] = session.get();
    sessions_[id] = std::move(session);
}

void Worker::drop(ViewerId viewer) {
    const auto found = sessions_.find(viewer);
    if (found == sessions_.end()) return;
    ViewerSession& session = *found->second;
    byUfrag_.erase(session.setup().ours.ufrag);
    context_.directory.remove(session.setup().ours.ufrag);
    for (const std::uint32_t slot : session.slots())
        bySlot_.erase(slot);
    if (const auto path = session.path()) {
        const auto owner = byPath_.find(*path);
        if (owner != byPath_.end() && owner->second == &session) {
            byPath_.erase(owner);
            context_.directory.remove(*path, *this);
        }
    }
    sessions_.erase(found);
}

void Worker::note(const ViewerSession& session) {
    if (!session.ended().empty()) over_.push_back(session.setup().id);
}

/// Reports who has ended to the main loop, and drops them here.
void Worker::dropOver() {
    for (const ViewerId id : std::exchange(over_, {})) {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) continue;
        found->second->setup().onEnded(found->second->ended());
        drop(id);
    }
}

bool Worker::onReady(std::span<const std::uint32_t> slots) {
    const auto now = Clock::now();
    bool bursts = false;
    for (const std::uint32_t slot : slots) {
        const auto found = bySlot_.find(slot);
        if (found == bySlot_.end()) continue;
        // Until the queue is empty, for only then it wakes again; but the others are to have their turn.
        std::size_t sent = 0;
        std::size_t frames = 0;
        int batches = 0;
        do {
            sent = found->second->serve(slot, now);
            frames += sent;
        } while (sent > 0 && ++batches < maxBatches);
        if (sent > 0) reactor_.wake(slot);
        bursts = bursts || frames > 1;
        note(*found->second);
    }
    dropOver();
    return bursts;
}

std::optional<Clock::time_point> Worker::nextTimeout() {
    if (sessions_.empty()) return std::nullopt;
    return nextTick_;
}

void Worker::onTimeout(Clock::time_point now) {
    nextTick_ = now + tickPeriod;
    for (const auto& [id, session] : sessions_) {
        session->tick(now);
        note(*session);
    }
    dropOver();
}

} // namespace spillway::relay::webrtc
