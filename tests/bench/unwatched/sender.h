// Sends what a 720p camera sends, without a camera: 30 frames of eight VP8 packets a second, 2.1 Mbit/s, by a
// webrtcbin of its own. Only the first frame is marked as a keyframe; the payload is no picture.
//
// Owner: the benchmark's main process. Loop thread, but for pushFrame(), which one thread calls once all are
// connected: before that it blocks.
#pragma once

#include "bench/unwatched/negotiation.h"
#include "relay/gst/pipeline.h"
#include "relay/peer/teardown.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace spillway::bench {

constexpr int framesPerSecond = 30;
constexpr int packetsPerFrame = 8;

class Sender {
  public:
    explicit Sender(std::uint32_t ssrc)
        : webrtcbin_(makeWebrtcbin())
        , pad_(gst::Ref<GstPad>::sink(gst_pad_new("src", GST_PAD_SRC))) {
        packet_[0] = 0x80;
        writeNumber(8, ssrc, 4);
        gst::addTo(pipeline_.get(), webrtcbin_);
        if (!pipeline_.play()) throw std::runtime_error("webrtcbin does not start");
        const auto sink =
            gst::Ref<GstPad>::adopt(gst_element_request_pad_simple(webrtcbin_.get(), "sink_%u"));
        if (!sink || gst_pad_link(pad_.get(), sink.get()) != GST_PAD_LINK_OK)
            throw std::runtime_error("cannot link to webrtcbin");
        GstWebRTCRTPTransceiver* transceiver = nullptr;
        g_object_get(sink.get(), "transceiver", &transceiver, nullptr);
        g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr);
        g_object_unref(transceiver);
        announce(ssrc);
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender() {
        relay::stopWebrtc(pipeline_, webrtcbin_.get());
        gst_pad_set_active(pad_.get(), FALSE);
    }

    std::string offer(relay::Loop& loop) { return describeLocal(loop, webrtcbin_.get(), "offer"); }
    void answer(const std::string& sdp) { describeRemote(webrtcbin_.get(), GST_WEBRTC_SDP_TYPE_ANSWER, sdp); }
    bool connected() const {
        GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
        g_object_get(webrtcbin_.get(), "connection-state", &state, nullptr);
        return state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED;
    }

    void pushFrame() {
        GstBufferList* packets = gst_buffer_list_new_sized(packetsPerFrame);
        const auto now = gst_element_get_current_running_time(pipeline_.get());
        writeNumber(4, frame_ * (90000 / framesPerSecond), 4);
        for (int i = 0; i < packetsPerFrame; ++i)
            gst_buffer_list_add(packets, nextPacket(i, now));
        ++frame_;
        gst_pad_push_list(pad_.get(), packets);
    }

  private:
    static constexpr std::size_t headerBytes = 12;

    void announce(std::uint32_t ssrc) {
        gst_pad_set_active(pad_.get(), TRUE);
        gst_pad_push_event(pad_.get(), gst_event_new_stream_start("packets"));
        const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_simple(
            "application/x-rtp", "media", G_TYPE_STRING, "video", "encoding-name", G_TYPE_STRING, "VP8",
            "clock-rate", G_TYPE_INT, 90000, "payload", G_TYPE_INT, 96, "ssrc", G_TYPE_UINT, ssrc,
            "rtcp-fb-nack", G_TYPE_BOOLEAN, TRUE, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, nullptr));
        gst_pad_push_event(pad_.get(), gst_event_new_caps(caps.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
    }

    GstBuffer* nextPacket(int place, GstClockTime now) {
        const bool first = place == 0, last = place == packetsPerFrame - 1;
        packet_[1] = last ? 96 | 0x80 : 96;
        writeNumber(2, sequence_++, 2);
        packet_[headerBytes] = first ? 0x10 : 0x00;           // VP8 descriptor: S
        packet_[headerBytes + 1] = frame_ == 0 ? 0x00 : 0x01; // VP8 payload header: P
        GstBuffer* buffer = gst_buffer_new_allocate(nullptr, packet_.size(), nullptr);
        gst_buffer_fill(buffer, 0, packet_.data(), packet_.size());
        GST_BUFFER_PTS(buffer) = now;
        return buffer;
    }

    void writeNumber(std::size_t at, std::uint32_t number, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            packet_[at + i] = static_cast<std::uint8_t>(number >> (8 * (bytes - 1 - i)));
    }

    gst::Pipeline pipeline_{nullptr};
    gst::Ref<GstElement> webrtcbin_;
    gst::Ref<GstPad> pad_;
    std::array<std::uint8_t, headerBytes + 1100> packet_{};
    std::uint16_t sequence_ = 0;
    std::uint32_t frame_ = 0;
};

/// Pushes frames of all senders in turn, spread evenly over the time of a frame, from constructor to
/// destructor.
class Pacer {
  public:
    explicit Pacer(const std::vector<std::unique_ptr<Sender>>& senders)
        : thread_([&senders](const std::stop_token& stop) {
            const auto step = std::chrono::nanoseconds(std::chrono::seconds(1)) / framesPerSecond /
                              static_cast<std::int64_t>(senders.size());
            auto next = std::chrono::steady_clock::now();
            for (std::size_t i = 0; !stop.stop_requested(); i = (i + 1) % senders.size()) {
                next += step;
                std::this_thread::sleep_until(next);
                senders[i]->pushFrame();
            }
        }) {}

  private:
    std::jthread thread_;
};

} // namespace spillway::bench
