// The thread that receives what comes for one peer by libnice, in the place of nicesrc's.
//
// Comes in: datagrams of the agent's sockets, of which libnice answers STUN itself. Goes out: SRTP to the
// MediaSink; DTLS and SRTCP, pushed by source(). nicesrc copies each packet, and stops and starts its main
// loop for it. While nobody watches what comes, this thread reads what came within some milliseconds at once.
// Owner: the Peer. Loop thread.
#pragma once

#include "relay/base/audience.h"
#include "relay/base/clock.h"
#include "relay/gst/ref.h"
#include "relay/ingest/media_sink.h"

#include <gst/gst.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

using NiceAgent = struct _NiceAgent;

namespace spillway::relay {

class NiceReader {
  public:
    explicit NiceReader(std::shared_ptr<ingest::MediaSink> media);
    /// Waits until the thread has ended.
    ~NiceReader();
    NiceReader(const NiceReader&) = delete;
    NiceReader& operator=(const NiceReader&) = delete;

    /// What is to push in the place of nicesrc, which is to push nothing.
    const gst::Ref<GstElement>& source() const { return source_; }
    const std::shared_ptr<Audience>& audience() const { return pause_->audience; }

    /// Receives from now on, the first time. When the agent has gathered, and before the peer learns where we
    /// are. `mayPause`: its sockets hold what comes meanwhile. Throws std::runtime_error when no thread can
    /// be had.
    void start(gst::Ref<NiceAgent> agent, bool mayPause);
    /// It ends after what it is at. The pipeline may have to stop before that.
    void quit();

  private:
    /// Shared with whoever takes a seat.
    struct Pause {
        std::mutex mutex; ///< protects `quits`
        std::condition_variable changed;
        bool quits = false;
        std::shared_ptr<Audience> audience;
    };
    struct FreeContext {
        void operator()(GMainContext* context) const { g_main_context_unref(context); }
    };

    void run();
    bool isOver() const;
    bool mayPause() const;
    void pause() const;
    void onDatagram(MutableBytes datagram);

    const std::shared_ptr<ingest::MediaSink> media_;
    const gst::Ref<GstElement> source_;
    const std::shared_ptr<Pause> pause_;
    const std::unique_ptr<GMainContext, FreeContext> context_;
    gst::Ref<NiceAgent> agent_;
    bool buffersSuffice_ = false;
    std::optional<Clock::time_point> firstMedia_; ///< of the thread
    std::thread thread_;
};

} // namespace spillway::relay
