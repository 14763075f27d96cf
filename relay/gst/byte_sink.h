// A sink pad of our own that collects what a muxer writes, with the place in the file where each piece
// belongs. It reports to the muxer that it can seek, so that sizes, index and duration are filled in
// afterwards.
//
// Comes in: buffers and BYTES segments on the muxer's thread: that which pushes into it, or from
// GStreamer 1.26 on one of its own, hence the lock. Goes out: pieces, to take(). Writes nothing itself: the
// caller does, and so knows the exact error.
//
// Owner: Muxer.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

namespace spillway::gst {

class ByteSink {
  public:
    struct Piece {
        std::uint64_t offset; ///< in the file
        Ref<GstBuffer> buffer;
    };

    /// Links to the muxer's source pad. Throws std::runtime_error.
    explicit ByteSink(GstPad* source);
    /// Deactivates and unlinks.
    ~ByteSink();
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;

    /// What came since the last call, in the order in which it must be written. Any thread.
    std::vector<Piece> take();
    /// Waits until the muxer has said that it is done; false at the deadline. Any thread.
    bool awaitEnd(std::chrono::milliseconds deadline);

  private:
    static GstFlowReturn onBuffer(GstPad* pad, GstObject* parent, GstBuffer* buffer) noexcept;
    static gboolean onEvent(GstPad* pad, GstObject* parent, GstEvent* event) noexcept;
    static gboolean onQuery(GstPad* pad, GstObject* parent, GstQuery* query) noexcept;

    Ref<GstPad> source_;
    Ref<GstPad> pad_;
    std::mutex mutex_; ///< protects the rest
    std::condition_variable ended_;
    std::vector<Piece> pieces_;
    std::uint64_t position_ = 0;
    bool atEnd_ = false;
};

} // namespace spillway::gst
