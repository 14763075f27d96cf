#include "relay/outputs/webrtc/worker/batch.h"

#include "relay/gst/buffer_map.h"

#include <algorithm>
#include <deque>

namespace spillway::relay::webrtc {

namespace {

/// A packet that much shorter than its neighbours is padded, so that one system call sends them all.
constexpr std::size_t maxPadding = 16;

} // namespace

struct Batch::Maps {
    std::deque<gst::BufferMap> all;
};

Batch::Batch()
    : maps_(std::make_unique<Maps>()) {}

Batch::~Batch() {
    clear();
}

void Batch::clear() {
    packets_.clear();
    maps_->all.clear();
    frames_.clear();
    hasKeyframe_ = false;
}

std::size_t Batch::take(FrameQueue& queue) {
    clear();
    queue.take(frames_, most);
    for (const Frame& frame : frames_)
        read(frame);
    pad();
    return frames_.size();
}

void Batch::read(const Frame& frame) {
    hasKeyframe_ = hasKeyframe_ || frame.keyframe;
    if (!frame.packet) return;
    const Bytes whole = maps_->all.emplace_back(frame.buffer.get()).bytes();
    if (whole.size() < std::size_t{frame.packet->payloadOffset} + frame.packet->payloadBytes) return;
    packets_.push_back({&frame, &*frame.packet, frame.packet->payload(whole)});
}

/// The packets of one picture, but for the last, are to be of one length.
void Batch::pad() {
    for (auto begin = packets_.begin(); begin != packets_.end();) {
        const auto end = std::find_if(begin, packets_.end(), [&](const Packet& packet) {
            return packet.rtp->timestamp != begin->rtp->timestamp;
        });
        std::size_t longest = 0;
        for (auto packet = begin; packet != end; ++packet)
            longest = std::max(longest, packet->payload.size());
        for (; begin + 1 != end; ++begin) {
            const std::size_t missing = longest - begin->payload.size();
            if (missing <= maxPadding) begin->padding = missing;
        }
        begin = end;
    }
}

} // namespace spillway::relay::webrtc
