#include "relay/branch.h"

#include <gst/app/gstappsink.h>

namespace spillway::relay {

namespace {

/// What the appsink's callback owns. Streaming thread.
class Receiver {
  public:
    Receiver(std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters)
        : feed_(std::move(feed))
        , counters_(std::move(counters)) {}

    void receive(GstSample* sample) {
        GstBuffer* buffer = gst_sample_get_buffer(sample);
        if (!buffer) return;
        follow(gst_sample_get_caps(sample));
        Frame frame;
        frame.buffer = BufferRef::retain(buffer);
        frame.format = format_;
        frame.arrived = counters_->arrival();
        frame.bytes = static_cast<std::uint32_t>(gst_buffer_get_size(buffer));
        frame.keyframe = counters_->kind == MediaKind::audio ||
                         !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        if (frame.keyframe) noteKeyframe();
        feed_->queue->push(std::move(frame));
    }

  private:
    void follow(GstCaps* caps) {
        if (format_ && format_->caps == caps) return;
        format_ = std::make_shared<const StreamFormat>(caps, counters_->source);
    }

    void noteKeyframe() {
        if (!feed_->firstKeyframe || feed_->sawKeyframe.load(std::memory_order_relaxed)) return;
        if (feed_->sawKeyframe.exchange(true, std::memory_order_relaxed)) return;
        feed_->firstKeyframe->add(std::chrono::duration<double>(Clock::now() - feed_->attached).count());
    }

    std::shared_ptr<Feed> feed_;
    std::shared_ptr<const TrackCounters> counters_;
    std::shared_ptr<const StreamFormat> format_;
};

GstFlowReturn onSample(GstAppSink* sink, gpointer receiver) noexcept {
    const auto sample = gst::Ref<GstSample>::adopt(gst_app_sink_pull_sample(sink));
    if (sample) static_cast<Receiver*>(receiver)->receive(sample.get());
    return GST_FLOW_OK;
}

void deleteReceiver(gpointer receiver) noexcept {
    delete static_cast<Receiver*>(receiver);
}

gst::Ref<GstElement> makeAppsink(std::unique_ptr<Receiver> receiver) {
    auto sink = gst::makeElement("appsink");
    // async=false: a sink that prerolls would take the playing pipeline back to PAUSED.
    g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, "wait-on-eos", FALSE,
                 "max-buffers", 1U, "drop", TRUE, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = onSample;
    gst_app_sink_set_callbacks(gst::cast<GstAppSink>(sink.get()), &callbacks, receiver.release(),
                               deleteReceiver);
    return sink;
}

} // namespace

Branch::Branch(gst::Tee& tee, std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters)
    : branch_(tee, makeAppsink(std::make_unique<Receiver>(std::move(feed), std::move(counters)))) {}

} // namespace spillway::relay
