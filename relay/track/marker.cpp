#include "relay/track/marker.h"

#include "relay/base/big_endian.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/clock_time.h"
#include "relay/gst/structure.h"
#include "relay/rtp/format.h"

#include <gst/video/video.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace spillway::relay {

namespace {

/// Long enough for a busy loop, short against the patience of a jitter buffer.
constexpr std::chrono::milliseconds longestHold{100};

} // namespace

Marker::Marker(std::shared_ptr<TrackCounters> counters, std::function<void(gst::Ref<GstBuffer>)> insert)
    : counters_(std::move(counters))
    , insert_(std::move(insert))
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
    // Jitter buffers push no lists.
    if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)) completePicture(gst_pad_probe_info_get_buffer(info));
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
    const auto format = rtp::payloadFormat(gst::stringField(structure, "media"),
                                           gst::stringField(structure, "encoding-name"));
    detector_ = rtp::KeyframeDetector(format);
    sets_ = rtp::ParameterSets(format);
    for (const char* field : {"sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps"})
        sets_.describe(gst::stringField(structure, field));
    gint rate = 0;
    gst_structure_get_int(structure, "clock-rate", &rate);
    clockRate_ = static_cast<std::uint32_t>(std::max(0, rate));
    playoutDelayId_ = rtp::extensionId(caps, rtp::playoutDelayUri);
}

void Marker::completePicture(GstBuffer* packet) {
    if (!insert_ || !sets_.apply()) return;
    gst::Ref<GstBuffer> sets;
    {
        const gst::BufferMap map(packet);
        const auto read = rtp::readPacket(map.bytes());
        if (read && sets_.areMissing(read->timestamp, read->payload(map.bytes())) && !inserting_)
            sets = setsBefore(packet, map.bytes(), *read);
    }
    if (!sets) return;
    inserting_ = true;
    insert_(std::move(sets));
    inserting_ = false;
    ++inserted_;
}

/// With the packet's header, extensions too, but for the end of a frame.
gst::Ref<GstBuffer> Marker::setsBefore(GstBuffer* packet, Bytes bytes, const rtp::Packet& read) const {
    constexpr std::uint8_t isMarker = 0x80, isPadded = 0x20;
    const auto header = bytes.first(read.payloadOffset);
    std::vector<std::uint8_t> whole(header.begin(), header.end());
    whole[0] &= static_cast<std::uint8_t>(~isPadded);
    whole[1] &= static_cast<std::uint8_t>(~isMarker);
    const auto payload = sets_.payload();
    whole.insert(whole.end(), payload.begin(), payload.end());
    auto made = gst::Ref<GstBuffer>::adopt(gst_buffer_new_memdup(whole.data(), whole.size()));
    GST_BUFFER_PTS(made.get()) = GST_BUFFER_PTS(packet);
    GST_BUFFER_DTS(made.get()) = GST_BUFFER_DTS(packet);
    return made;
}

void Marker::count(GstBuffer* packet) {
    if (inserting_) return;
    counters_->packets.fetch_add(1, std::memory_order_relaxed);
    counters_->bytes.fetch_add(gst_buffer_get_size(packet), std::memory_order_relaxed);
}

void Marker::renumber(GstBuffer* packet) const {
    GstMapInfo map;
    if (inserted_ == 0 || !gst_buffer_map(packet, &map, GST_MAP_READWRITE)) return;
    constexpr gsize sequenceAt = 2;
    if (map.size >= rtp::fixedHeaderBytes)
        writeU16(map.data + sequenceAt,
                 static_cast<std::uint16_t>(readU16(map.data + sequenceAt) + inserted_));
    gst_buffer_unmap(packet, &map);
}

GstBuffer* Marker::onPacket(GstBuffer* packet) {
    count(packet);
    const bool video = counters_->kind == MediaKind::video;
    if (video) packet = gst_buffer_make_writable(packet);
    renumber(packet);
    std::optional<rtp::Packet> read;
    bool keyframe = false;
    {
        const gst::BufferMap map(packet);
        read = rtp::readPacket(map.bytes(), playoutDelayId_);
        keyframe = video && read && detector_.isStart(read->timestamp, read->payload(map.bytes()));
    }
    counters_->pushed.push_back({packet, read});
    if (const auto presentation = gst::durationOf(GST_BUFFER_PTS(packet)); read && presentation)
        counters_->newest = {read->timestamp, *presentation, clockRate_};
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
