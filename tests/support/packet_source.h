// A pad that pushes VP8 RTP packets as webrtcbin's source pad would, from a thread of its own or from the
// caller's: for what is tested or measured between pad and queue. Packets carry their count in the RTP
// timestamp's place of a frame and the sequence number; the payload is a VP8 descriptor and filler, no
// picture. As audio the same packets say that they are Opus.
#pragma once

#include "relay/base/audience.h"
#include "relay/gst/element.h"
#include "relay/peer/settings.h"

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace spillway::test {

class PacketSource {
  public:
    static constexpr int packetsPerFrame = 4;

    explicit PacketSource(std::size_t payloadBytes = 1100, relay::MediaKind kind = relay::MediaKind::video)
        : payload_(payloadBytes)
        , kind_(kind)
        , pipeline_(gst::Ref<GstElement>::sink(gst_pipeline_new(nullptr)))
        , pad_(gst::Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC))) {
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
        // Nobody reads it: messages would pile up, each with a reference to the element it is about.
        GstBus* bus = gst_element_get_bus(pipeline_.get());
        gst_bus_set_flushing(bus, TRUE);
        gst_object_unref(bus);
        g_object_set_data(reinterpret_cast<GObject*>(pad_.get()), "source", this);
        gst_pad_set_event_function(pad_.get(), onEvent);
        gst_pad_set_active(pad_.get(), TRUE);
        gst_pad_push_event(pad_.get(), gst_event_new_stream_start("packets"));
        const bool video = kind == relay::MediaKind::video;
        const auto caps = gst::Ref<GstCaps>::adopt(
            gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, video ? "video" : "audio",
                                "encoding-name", G_TYPE_STRING, video ? "VP8" : "OPUS", "clock-rate",
                                G_TYPE_INT, video ? 90000 : 48000, "payload", G_TYPE_INT, 96, nullptr));
        gst_pad_push_event(pad_.get(), gst_event_new_caps(caps.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
    }
    PacketSource(const PacketSource&) = delete;
    PacketSource& operator=(const PacketSource&) = delete;
    ~PacketSource() {
        stop();
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
        gst_pad_set_active(pad_.get(), FALSE);
    }

    relay::IncomingPad incoming() const {
        relay::IncomingPad incoming{pad_.get(), pipeline_.get(), "0", ssrc_, kind_};
        incoming.audience = audience_;
        return incoming;
    }
    const std::shared_ptr<relay::Audience>& audience() const { return audience_; }
    GstElement* pipeline() const { return pipeline_.get(); }

    /// Pushes one packet on the calling thread.
    GstFlowReturn push() {
        const auto number = pushed_.load(std::memory_order_relaxed);
        const bool first = number % packetsPerFrame == 0;
        if (first) keyframe_ = wanted_.exchange(false) || number == 0;
        const auto result = gst_pad_push(pad_.get(), makePacket(number, first));
        pushed_.store(number + 1, std::memory_order_relaxed);
        return result;
    }

    /// Pushes from a thread of its own, a packet each `period`, until stop() or an error.
    void start(std::chrono::microseconds period) {
        running_ = true;
        thread_ = std::thread([this, period] {
            auto next = std::chrono::steady_clock::now();
            std::unique_lock lock(pacing_);
            while (!stopped_.wait_until(lock, next += period, [this] { return !running_; })) {
                flow_ = push();
                if (flow_ != GST_FLOW_OK) return;
            }
        });
    }
    void stop() {
        {
            const std::lock_guard lock(pacing_);
            running_ = false;
        }
        stopped_.notify_all();
        if (thread_.joinable()) thread_.join();
    }

    std::uint64_t pushed() const { return pushed_; }
    std::uint64_t keyframeRequests() const { return requests_; }
    GstFlowReturn flow() const { return flow_; }
    void answerRequests(bool answer) { answers_ = answer; }

    static std::uint16_t sequenceOf(GstBuffer* buffer) {
        std::uint8_t bytes[4] = {};
        gst_buffer_extract(buffer, 0, bytes, sizeof(bytes));
        return static_cast<std::uint16_t>(bytes[2] << 8 | bytes[3]);
    }

  private:
    static gboolean onEvent(GstPad* pad, GstObject*, GstEvent* event) noexcept {
        auto* self = static_cast<PacketSource*>(g_object_get_data(reinterpret_cast<GObject*>(pad), "source"));
        if (gst_video_event_is_force_key_unit(event)) {
            ++self->requests_;
            if (self->answers_) self->wanted_ = true;
        }
        gst_event_unref(event);
        return TRUE;
    }

    GstBuffer* makePacket(std::uint64_t number, bool first) {
        constexpr std::size_t header = 12;
        GstBuffer* packet = gst_buffer_new_allocate(nullptr, header + payload_, nullptr);
        GstMapInfo map;
        gst_buffer_map(packet, &map, GST_MAP_WRITE);
        std::memset(map.data, 0, header + 2);
        map.data[0] = 0x80;
        map.data[1] =
            static_cast<std::uint8_t>(96 | (number % packetsPerFrame == packetsPerFrame - 1 ? 0x80 : 0));
        map.data[2] = static_cast<std::uint8_t>(number >> 8);
        map.data[3] = static_cast<std::uint8_t>(number);
        const auto timestamp = static_cast<std::uint32_t>(number / packetsPerFrame * 3000);
        for (int i = 0; i < 4; ++i)
            map.data[4 + i] = static_cast<std::uint8_t>(timestamp >> (24 - 8 * i));
        map.data[11] = static_cast<std::uint8_t>(ssrc_);
        map.data[header] = first ? 0x10 : 0x00;
        map.data[header + 1] = keyframe_ ? 0x00 : 0x01;
        gst_buffer_unmap(packet, &map);
        return packet;
    }

    const std::size_t payload_;
    const relay::MediaKind kind_;
    const std::uint32_t ssrc_ = 7;
    const std::shared_ptr<relay::Audience> audience_ = std::make_shared<relay::Audience>([] {});
    gst::Ref<GstElement> pipeline_;
    gst::Ref<GstPad> pad_;
    bool keyframe_ = true;
    std::atomic<bool> wanted_{false};
    std::atomic<bool> answers_{true};
    bool running_ = false; ///< under pacing_
    std::atomic<std::uint64_t> pushed_{0};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<GstFlowReturn> flow_{GST_FLOW_OK};
    std::mutex pacing_; ///< with stopped_, ends the wait for the next packet
    std::condition_variable stopped_;
    std::thread thread_;
};

} // namespace spillway::test
