#include "relay/track/branch.h"

#include "relay/gst/clock_time.h"

#include <gst/app/gstappsink.h>

#include <algorithm>
#include <mutex>
#include <vector>

namespace spillway::relay {

class Branch::Receiver {
  public:
    Receiver(bool hasDeltas, std::shared_ptr<FrameQueue> queue, std::shared_ptr<const TrackCounters> counters)
        : hasDeltas_(hasDeltas)
        , counters_(std::move(counters))
        , fed_{{std::move(queue), 1}} {}

    static gst::Ref<GstElement> makeAppsink(std::shared_ptr<Receiver> receiver);

    void add(std::shared_ptr<FrameQueue> queue) {
        const std::lock_guard lock(mutex_);
        if (const auto found = find(*queue); found != fed_.end())
            ++found->times;
        else
            fed_.push_back({std::move(queue), 1});
    }
    void remove(const FrameQueue& queue) {
        const std::lock_guard lock(mutex_);
        const auto found = find(queue);
        if (found != fed_.end() && --found->times == 0) fed_.erase(found);
    }

    /// Streaming thread.
    void receive(GstSample* sample) {
        GstBuffer* buffer = gst_sample_get_buffer(sample);
        if (!buffer) return;
        follow(gst_sample_get_caps(sample));
        Frame frame;
        frame.buffer = gst::Ref<GstBuffer>::retain(buffer);
        frame.format = format_;
        frame.arrived = counters_->arrival();
        if (isRtp_)
            frame.packet = counters_->packetOf(buffer);
        else if (const auto presentation = gst::durationOf(GST_BUFFER_PTS(buffer)))
            frame.captured = counters_->capturedAt(*presentation);
        frame.bytes = static_cast<std::uint32_t>(gst_buffer_get_size(buffer));
        frame.keyframe = !hasDeltas_ || !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        const std::lock_guard lock(mutex_);
        for (const Fed& fed : fed_)
            fed.queue->push(frame);
    }

  private:
    struct Fed {
        std::shared_ptr<FrameQueue> queue;
        std::size_t times; ///< it was added and not removed
    };
    std::vector<Fed>::iterator find(const FrameQueue& queue) {
        return std::find_if(fed_.begin(), fed_.end(),
                            [&](const Fed& fed) { return fed.queue.get() == &queue; });
    }
    void follow(GstCaps* caps) {
        if (format_ && format_->caps.get() == caps) return;
        format_ = std::make_shared<const StreamFormat>(caps, counters_->incarnation, counters_->clock);
        isRtp_ = gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-rtp");
    }

    const bool hasDeltas_; ///< of the rendition
    const std::shared_ptr<const TrackCounters> counters_;
    std::shared_ptr<const StreamFormat> format_; ///< streaming thread
    bool isRtp_ = false;                         ///< the same

    std::mutex mutex_; ///< protects fed_; held for one packet
    std::vector<Fed> fed_;
};

/// The appsink shares it: a packet may still be on its way when the branch has gone.
gst::Ref<GstElement> Branch::Receiver::makeAppsink(std::shared_ptr<Receiver> receiver) {
    using Shared = std::shared_ptr<Receiver>;
    auto sink = gst::makeElement("appsink");
    // async=false: a sink that prerolls would take the playing pipeline back to PAUSED.
    g_object_set(sink.get(), "async", FALSE, "sync", FALSE, "enable-last-sample", FALSE, "wait-on-eos", FALSE,
                 "max-buffers", 1U, "drop", TRUE, nullptr);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* appsink, gpointer shared) noexcept {
        const auto sample = gst::Ref<GstSample>::adopt(gst_app_sink_pull_sample(appsink));
        if (sample) (*static_cast<const Shared*>(shared))->receive(sample.get());
        return GST_FLOW_OK;
    };
    const auto forget = [](gpointer shared) noexcept { delete static_cast<Shared*>(shared); };
    gst_app_sink_set_callbacks(gst::cast<GstAppSink>(sink.get()), &callbacks, new Shared(std::move(receiver)),
                               forget);
    return sink;
}

Branch::Branch(std::shared_ptr<TrackRendition> rendition, std::shared_ptr<FrameQueue> queue,
               std::shared_ptr<const TrackCounters> counters)
    : rendition_(std::move(rendition))
    , receiver_(std::make_shared<Receiver>(rendition_->hasDeltas(), std::move(queue), std::move(counters)))
    , branch_(rendition_->tee(), Receiver::makeAppsink(receiver_)) {}

void Branch::add(std::shared_ptr<FrameQueue> queue) {
    receiver_->add(std::move(queue));
}

void Branch::remove(const FrameQueue& queue) {
    receiver_->remove(queue);
}

} // namespace spillway::relay
