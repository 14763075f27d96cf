// The media of a synthetic participant: elements from a test source to an RTP payloader, built into a bin.
// Loop thread; the counters may be read from any thread.
#pragma once

#include "relay/gst/probe.h"
#include "relay/gst/ref.h"
#include "relay/synthetic/publisher.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace spillway::relay {

/// A moving picture with name, clock and frame number.
class VideoSource {
  public:
    /// Adds its elements to `pipeline`. Throws std::runtime_error naming an element that GStreamer lacks.
    VideoSource(GstElement* pipeline, const PublisherSettings& settings);

    /// Off: pictures are dropped before the encoder. On: the next one is a keyframe.
    void setOn(bool on);
    /// The last element, `application/x-rtp`.
    GstElement* output() const { return output_; }
    std::uint64_t frames() const { return counters_->frames; }
    std::uint64_t keyframeRequests() const { return counters_->requests; }

  private:
    struct Counters {
        std::atomic<bool> on{true};
        std::atomic<std::uint64_t> frames{0};
        std::atomic<std::uint64_t> requests{0};
    };

    void count(GstElement* payloader, const std::string& name);

    GstElement* encoder_ = nullptr;
    GstElement* output_ = nullptr;
    std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
    std::vector<gst::PadProbe> probes_;
};

/// Adds a tone in Opus to `pipeline` and returns its last element, `application/x-rtp`.
GstElement* addTone(GstElement* pipeline);

} // namespace spillway::relay
