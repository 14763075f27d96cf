#include "relay/track/branch.h"

#include <gst/app/gstappsink.h>

#include <mutex>
#include <vector>

namespace spillway::relay {

class Branch::Receiver {
  public:
    Receiver(std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters)
        : counters_(std::move(counters))
        , feeds_{std::move(feed)} {}

    static gst::Ref<GstElement> makeAppsink(std::shared_ptr<Receiver> receiver);

    void add(std::shared_ptr<Feed> feed) {
        const std::lock_guard lock(mutex_);
        feeds_.push_back(std::move(feed));
    }
    void remove(const Feed& feed) {
        const std::lock_guard lock(mutex_);
        std::erase_if(feeds_, [&](const auto& one) { return one.get() == &feed; });
    }

    /// Streaming thread.
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
        const std::lock_guard lock(mutex_);
        for (const auto& feed : feeds_) {
            if (frame.keyframe) noteKeyframe(*feed);
            feed->queue->push(frame);
        }
    }

  private:
    void follow(GstCaps* caps) {
        if (format_ && format_->caps == caps) return;
        format_ = std::make_shared<const StreamFormat>(caps, counters_->source);
    }

    static void noteKeyframe(Feed& feed) {
        if (!feed.firstKeyframe || feed.sawKeyframe.load(std::memory_order_relaxed)) return;
        if (feed.sawKeyframe.exchange(true, std::memory_order_relaxed)) return;
        feed.firstKeyframe->add(std::chrono::duration<double>(Clock::now() - feed.attached).count());
    }

    const std::shared_ptr<const TrackCounters> counters_;
    std::shared_ptr<const StreamFormat> format_; ///< streaming thread

    std::mutex mutex_; ///< protects feeds_; held for one packet
    std::vector<std::shared_ptr<Feed>> feeds_;
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

Branch::Branch(gst::Tee& tee, std::shared_ptr<Feed> feed, std::shared_ptr<const TrackCounters> counters)
    : receiver_(std::make_shared<Receiver>(std::move(feed), std::move(counters)))
    , branch_(tee, Receiver::makeAppsink(receiver_)) {}

void Branch::add(std::shared_ptr<Feed> feed) {
    receiver_->add(std::move(feed));
}

void Branch::remove(const Feed& feed) {
    receiver_->remove(feed);
}

} // namespace spillway::relay
