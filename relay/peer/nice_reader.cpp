// On the main path of every packet that comes in by libnice.
#include "relay/peer/nice_reader.h"

#include "relay/base/thread_signals.h"
#include "relay/gst/batch.h"
#include "relay/gst/live_source.h"
#include "relay/port/demux.h"

#include <nice/agent.h>
#include <pthread.h>

#include <utility>

namespace spillway::relay {

namespace {

/// webrtcbin has one, for the whole bundle.
constexpr guint stream = 1;

} // namespace

NiceReader::NiceReader(std::shared_ptr<ingest::MediaSink> media)
    : media_(std::move(media))
    , source_(gst::makeLiveSource("application/x-rtp", "datagrams"))
    , pause_(std::make_shared<Pause>())
    , context_(g_main_context_new()) {
    pause_->audience = std::make_shared<Audience>([weak = std::weak_ptr(pause_)] {
        const auto pause = weak.lock();
        if (!pause) return;
        const std::lock_guard lock(pause->mutex);
        pause->changed.notify_all();
    });
}

NiceReader::~NiceReader() {
    quit();
    if (!thread_.joinable()) return;
    thread_.join();
    nice_agent_attach_recv(agent_.get(), stream, NICE_COMPONENT_TYPE_RTP, nullptr, nullptr, nullptr);
}

void NiceReader::start(gst::Ref<NiceAgent> agent, bool mayPause) {
    if (thread_.joinable()) return;
    agent_ = std::move(agent);
    buffersSuffice_ = mayPause;
    const auto onReceived = [](NiceAgent*, guint, guint, guint size, gchar* bytes, gpointer self) noexcept {
        static_cast<NiceReader*>(self)->onDatagram({reinterpret_cast<std::uint8_t*>(bytes), size});
    };
    thread_ = std::thread([this] { run(); });
    nice_agent_attach_recv(agent_.get(), stream, NICE_COMPONENT_TYPE_RTP, context_.get(), onReceived, this);
}

void NiceReader::quit() {
    {
        const std::lock_guard lock(pause_->mutex);
        pause_->quits = true;
        pause_->changed.notify_all();
    }
    g_main_context_wakeup(context_.get());
}

void NiceReader::run() {
    blockSignals();
    pthread_setname_np(pthread_self(), "receive");
    gst::batchThisThread();
    while (!isOver()) {
        g_main_context_iteration(context_.get(), TRUE);
        if (!mayPause()) continue;
        while (!isOver() && g_main_context_iteration(context_.get(), FALSE) != FALSE) {
        }
        pause();
    }
}

bool NiceReader::isOver() const {
    const std::lock_guard lock(pause_->mutex);
    return pause_->quits;
}

bool NiceReader::mayPause() const {
    return buffersSuffice_ && firstMedia_ && Clock::now() - *firstMedia_ >= Audience::arrival &&
           pause_->audience->isEmpty();
}

void NiceReader::pause() const {
    std::unique_lock lock(pause_->mutex);
    pause_->changed.wait_for(lock, Audience::pause,
                             [this] { return pause_->quits || !pause_->audience->isEmpty(); });
}

void NiceReader::onDatagram(MutableBytes datagram) {
    const port::DatagramKind kind = port::kindOf(datagram);
    if (kind == port::DatagramKind::other) return;
    if (kind == port::DatagramKind::rtp) {
        if (!firstMedia_) firstMedia_ = Clock::now();
        return media_->onSrtp(datagram);
    }
    gst::pushLive(source_.get(), datagram);
}

} // namespace spillway::relay
