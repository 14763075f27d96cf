#include "relay/track/marker.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/structure.h"
#include "relay/rtp/format.h"

#include <gst/video/video.h>

#include <utility>

namespace spillway::relay {

namespace {

/// Long enough for a busy loop, short against the patience of a jitter buffer.
constexpr std::chrono::milliseconds longestHold{100};

} // namespace

Marker::Marker(std::shared_ptr<TrackCounters> counters)
    : counters_(std::move(counters))
    , hold_(longestHold) {
    hold_.arm();
}

GstPadProbeReturn Marker::onData(GstPadProbeInfo* info) {
    if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
        GstEvent* event = gst_pad_probe_info_get_event(info);
        GstCaps* caps = nullptr;
        if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
        gst_event_parse_caps(event, &caps);
        onCaps(caps);
        return GST_PAD_PROBE_OK;
    }
    hold_.pass();
    counters_->lastArrival.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    counters_->pushed.clear();
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
        const auto onListed = [](GstBuffer** packet, guint, gpointer self) noexcept -> gboolean {
            *packet = static_cast<Marker*>(self)->onPacket(*packet);
            return TRUE;
        };
        auto* list = gst_buffer_list_make_writable(gst_pad_probe_info_get_buffer_list(info));
        gst_buffer_list_foreach(list, onListed, this);
        info->data = list;
    } else {
        info->data = onPacket(gst_pad_probe_info_get_buffer(info));
    }
    return GST_PAD_PROBE_OK;
}

void Marker::onCaps(const GstCaps* caps) {
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    detector_ = rtp::KeyframeDetector(rtp::payloadFormat(gst::stringField(structure, "media"),
                                                         gst::stringField(structure, "encoding-name")));
    playoutDelayId_ = rtp::extensionId(caps, rtp::playoutDelayUri);
}

GstBuffer* Marker::onPacket(GstBuffer* packet) {
    counters_->packets.fetch_add(1, std::memory_order_relaxed);
    counters_->bytes.fetch_add(gst_buffer_get_size(packet), std::memory_order_relaxed);
    const bool video = counters_->kind == MediaKind::video;
    if (video) packet = gst_buffer_make_writable(packet);
    std::optional<rtp::Packet> read;
    bool keyframe = false;
    {
        const gst::BufferMap map(packet);
        read = rtp::readPacket(map.bytes(), playoutDelayId_);
        keyframe = video && read && detector_.isStart(read->timestamp, read->payload(map.bytes()));
    }
    counters_->pushed.push_back({packet, read});
    if (video) flag(packet, keyframe);
    return packet;
}

void Marker::flag(GstBuffer* packet, bool keyframe) {
    if (!keyframe) {
        gst_buffer_set_flags(packet, GST_BUFFER_FLAG_DELTA_UNIT);
        return;
    }
    gst_buffer_unset_flags(packet, GST_BUFFER_FLAG_DELTA_UNIT);
    if (const auto broker = broker_.load()) broker->keyframeStarted();
}

GstPadProbeReturn Marker::onUpstream(GstPadProbeInfo* info) {
    GstEvent* event = gst_pad_probe_info_get_event(info);
    if (!gst_video_event_is_force_key_unit(event)) return GST_PAD_PROBE_OK;
    // A depayloader's own request would go past the broker.
    if (const auto broker = broker_.load()) broker->wish(WishReason::decoder);
    return GST_PAD_PROBE_DROP;
}

} // namespace spillway::relay
