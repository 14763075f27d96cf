#include "relay/outputs/webrtc/worker/worker.h"

#include <utility>

namespace spillway::relay::webrtc {

namespace {

constexpr std::chrono::milliseconds tickPeriod{50};
/// Datagrams of one socket before media has its turn.
constexpr std::size_t readBatch = 128;
/// Of one feed in a turn.
constexpr int maxBatches = 4;

} // namespace

Worker::Worker(unsigned index, std::unique_ptr<port::Sockets> sockets, Context context)
    : context_(context)
    , sockets_(std::move(sockets))
    , table_(context.directory, *this)
    , mailbox_(reactor_,
               [this](MutableBytes datagram, const port::Path& path) {
                   onDatagram(datagram, path, port::From::mailbox);
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

std::shared_ptr<Feed> Worker::feedFor(const std::string& track, Feed::Setup setup) {
    std::erase_if(feeds_, [](const auto& entry) { return entry.second.expired(); });
    if (auto present = feeds_[track].lock()) return present;
    setup.slot = takeSlot();
    setup.wakeWorker = [this, slot = setup.slot] { reactor_.wake(slot); };
    std::shared_ptr<Feed> feed(new Feed(std::move(setup)), [this](const Feed* gone) {
        freeSlots_.push_back(gone->slot());
        delete gone;
    });
    feeds_[track] = feed;
    return feed;
}

std::uint32_t Worker::takeSlot() {
    if (freeSlots_.empty()) return slots_++;
    const std::uint32_t slot = freeSlots_.back();
    freeSlots_.pop_back();
    return slot;
}

void Worker::add(SessionSetup setup) {
    ++viewers_;
    const auto tag = context_.directory.add(setup.ours.ufrag, *this);
    reactor_.post([this, tag, shared = std::make_shared<SessionSetup>(std::move(setup))] {
        open(std::move(*shared), tag);
    });
}

void Worker::play(ViewerId viewer, std::vector<ChannelSetup> channels) {
    reactor_.post([this, viewer, shared = std::make_shared<std::vector<ChannelSetup>>(std::move(channels))] {
        begin(viewer, std::move(*shared));
        dropOver();
    });
}

void Worker::remove(ViewerId viewer, std::function<void()> onGone) {
    --viewers_;
    reactor_.post([this, viewer, onGone = std::move(onGone)] {
        drop(viewer);
        onGone();
    });
}

template <class Work>
void Worker::with(ViewerSession& session, const Work& work) {
    try {
        work();
    } catch (const std::exception& error) {
        session.fail(error.what());
    }
    note(session);
}

void Worker::read(std::size_t socket) {
    sockets_->receive(socket, readBatch, [this](MutableBytes datagram, const port::Path& path) {
        onDatagram(datagram, path, port::From::network);
    });
    dropOver();
}

void Worker::onDatagram(MutableBytes datagram, const port::Path& path, port::From from) {
    const port::DatagramKind kind = port::kindOf(datagram);
    ViewerSession* session = table_.find(kind, datagram, path, from);
    if (!session) return;
    const auto now = Clock::now();
    with(*session, [&] {
        if (kind == port::DatagramKind::stun)
            onStun(*session, datagram, path, now);
        else
            session->onDatagram(kind, datagram, path, now);
    });
}

void Worker::onStun(ViewerSession& session, Bytes datagram, const port::Path& path, Clock::time_point now) {
    session.onStun(datagram, path, now, [&, before = session.path()] { lose(table_.move(session, before)); });
    if (session.path() != path) return;
    if (auto early = table_.takeEarlyDtls(path); !early.empty())
        session.onDatagram(port::DatagramKind::dtls, early, path, now);
}

void Worker::losePath(const port::Path& path) {
    reactor_.post([this, path] {
        lose(table_.lose(path));
        dropOver();
    });
}

void Worker::lose(ViewerSession* loser) {
    if (!loser) return;
    loser->losePath();
    note(*loser);
}

void Worker::open(SessionSetup setup, port::SessionTag tag) {
    const ViewerId id = setup.id;
    auto session =
        std::make_unique<ViewerSession>(std::move(setup), tag, context_.dtls, *sockets_, Clock::now());
    table_.add(session->setup().ours.ufrag, tag, *session);
    sessions_[id] = std::move(session);
}

void Worker::begin(ViewerId viewer, std::vector<ChannelSetup> channels) {
    const auto found = sessions_.find(viewer);
    if (found == sessions_.end()) {
        // It has gone meanwhile: all that came is for nobody.
        for (const ChannelSetup& channel : channels) {
            channel.share->arrive();
            channel.share->leave();
        }
        return;
    }
    with(*found->second, [&] {
        found->second->play(std::move(channels));
        join(*found->second);
    });
}

void Worker::join(ViewerSession& session) {
    for (const auto& channel : session.channels()) {
        const auto& feed = channel->feed();
        if (feed->slot() >= audiences_.size()) audiences_.resize(std::size_t{feed->slot()} + 1);
        Audience& audience = audiences_[feed->slot()];
        audience.feed = feed;
        audience.members.push_back({&session, channel.get()});
        // A wake that came before was for nobody.
        reactor_.wake(feed->slot());
    }
}

void Worker::leave(const ViewerSession& session) {
    for (const auto& channel : session.channels()) {
        if (channel->feed()->slot() >= audiences_.size()) continue; // it failed before it joined
        Audience& audience = audiences_[channel->feed()->slot()];
        std::erase_if(audience.members, [&](const auto& member) { return member.session == &session; });
        if (audience.members.empty()) audience.feed.reset();
    }
}

void Worker::drop(ViewerId viewer) {
    const auto found = sessions_.find(viewer);
    if (found == sessions_.end()) return;
    ViewerSession& session = *found->second;
    table_.remove(session.setup().ours.ufrag);
    leave(session);
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
    for (const std::uint32_t slot : slots)
        if (slot < audiences_.size() && audiences_[slot].feed)
            bursts = serve(audiences_[slot], now) > 1 || bursts;
    dropOver();
    return bursts;
}

/// How many frames. Until the queue is empty, for only then it wakes again; but the others are to have their
/// turn.
std::size_t Worker::serve(Audience& audience, Clock::time_point now) {
    std::size_t frames = 0;
    for (int batches = 0; batches < maxBatches; ++batches) {
        const std::size_t taken = audience.feed->take(batch_);
        if (taken == 0) return frames;
        deliver(audience, now);
        frames += taken;
    }
    reactor_.wake(audience.feed->slot());
    return frames;
}

void Worker::deliver(const Audience& audience, Clock::time_point now) {
    for (const auto& [session, channel] : audience.members)
        with(*session, [&, &viewer = *session, &to = *channel] { viewer.pass(to, batch_, now); });
    sockets_->flush();
    audience.feed->settle(batch_);
}

std::optional<Clock::time_point> Worker::nextTimeout() {
    if (sessions_.empty()) return std::nullopt;
    return nextTick_;
}

void Worker::onTimeout(Clock::time_point now) {
    nextTick_ = now + tickPeriod;
    for (const auto& [id, session] : sessions_)
        with(*session, [&viewer = *session, now] { viewer.tick(now); });
    dropOver();
}

} // namespace spillway::relay::webrtc
