// What flows from a branch through a FrameQueue to an output: one media buffer with what a queue and an
// output must know about it. Copies share the media.
#pragma once

#include "relay/base/clock.h"
#include "relay/rtp/packet.h"
#include "relay/values/media_kind.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

using GstBuffer = struct _GstBuffer;
using GstCaps = struct _GstCaps;

namespace spillway::relay {

/// Owning pointer to a GstBuffer for headers that must not include GStreamer. Any thread.
class BufferRef {
  public:
    BufferRef() = default;
    static BufferRef adopt(GstBuffer* buffer) { return BufferRef(buffer); } ///< transfer full
    static BufferRef retain(GstBuffer* buffer);                             ///< transfer none
    BufferRef(const BufferRef& other);
    BufferRef(BufferRef&& other) noexcept
        : buffer_(std::exchange(other.buffer_, nullptr)) {}
    BufferRef& operator=(BufferRef other) noexcept {
        std::swap(buffer_, other.buffer_);
        return *this;
    }
    ~BufferRef() {
        if (buffer_) unref(buffer_);
    }
    GstBuffer* get() const { return buffer_; }
    explicit operator bool() const { return buffer_ != nullptr; }

  private:
    explicit BufferRef(GstBuffer* buffer)
        : buffer_(buffer) {}
    static void unref(GstBuffer* buffer);

    GstBuffer* buffer_ = nullptr;
};

/// What the frames of one branch are, from one caps event to the next; immutable and shared by its frames.
struct StreamFormat {
    StreamFormat(GstCaps* formatCaps, std::uint64_t formatIncarnation); ///< retains the caps
    ~StreamFormat();
    StreamFormat(const StreamFormat&) = delete;
    StreamFormat& operator=(const StreamFormat&) = delete;

    /// Full caps: `application/x-rtp,...` for rtp, `video/x-vp8,...` and so on for encoded.
    GstCaps* caps;
    /// Which incarnation of the track the frames come from. Timestamps, sequence numbers and SSRC are
    /// comparable only within one; a track that is published again has another.
    std::uint64_t incarnation;
};

struct Frame {
    BufferRef buffer; ///< null only in tests of the queue itself
    std::shared_ptr<const StreamFormat> format;
    Clock::time_point arrived;  ///< when its (last) packet came into the track
    std::uint32_t bytes = 0;    ///< of payload, counted against the queue's bound
    bool keyframe = false;      ///< decoding can start here; always true for audio
    bool discontinuity = false; ///< set by the queue: frames were dropped before this one
    /// What the buffer says as an RTP packet; nothing when it is broken or of another rendition.
    std::optional<rtp::Packet> packet;
};

} // namespace spillway::relay
