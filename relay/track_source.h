// One source pad of webrtcbin, from `pad-added` to the end of its peer. A track that ends puts it to sleep:
// what still comes is dropped. When data may come back on the same SSRC (a camera switched on again), the
// first packet wakes it: on that packet's thread it gets a fresh tee with a drain, so that even this packet
// has a consumer.
#pragma once

#include "relay/gst/probe.h"
#include "relay/gst/ref.h"
#include "relay/peer.h"
#include "relay/track_input.h"

#include <atomic>
#include <functional>
#include <memory>

namespace spillway::relay {

class TrackSource : public std::enable_shared_from_this<TrackSource> {
  public:
    /// Streaming thread: a new incarnation is linked; the callee posts it to the loop.
    using OnInput = std::function<void(std::shared_ptr<TrackSource>, std::unique_ptr<TrackInput>)>;

    /// Streaming thread, inside `pad-added`: calls `onInput` with the first incarnation before it returns.
    /// Throws std::runtime_error when GStreamer lacks an element.
    static void start(const IncomingPad& incoming, OnInput onInput);

    std::uint32_t ssrc() const { return ssrc_; }
    const std::string& mid() const { return mid_; }
    MediaKind kind() const { return kind_; }

    enum class Wake { onPacket, never };
    /// Loop. Drops what comes from now on; the incarnation is for the caller to retire. May be called again
    /// to change what wakes it.
    void sleep(Wake wake);

  private:
    TrackSource(const IncomingPad& incoming, OnInput onInput);
    GstPadProbeReturn onLate();
    void makeInput();

    const gst::Ref<GstPad> pad_;
    const gst::Ref<GstElement> pipeline_;
    const std::string mid_;
    const std::uint32_t ssrc_;
    const MediaKind kind_;
    const OnInput onInput_;
    std::atomic<bool> wakeOnPacket_{false};
    std::atomic<bool> asleep_{false};
};

} // namespace spillway::relay
