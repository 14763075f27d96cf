#include "relay/peer/rtcp_filter.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/ref.h"
#include "relay/peer/rtpbin.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/rtcp_split.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::relay {

struct RtcpFilter::Described {
    std::mutex mutex; ///< protects what follows
    std::shared_ptr<const sdp::RemoteDescription> description;

    bool mayReport(std::uint32_t ssrc) {
        const std::lock_guard lock(mutex);
        return !description || description->allows(ssrc);
    }
};

namespace {

gst::Ref<GstBuffer> bufferOf(const std::vector<std::uint8_t>& bytes) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, bytes.size(), nullptr);
    gst_buffer_fill(buffer, 0, bytes.data(), bytes.size());
    return gst::Ref<GstBuffer>::adopt(buffer);
}

/// The parts of what leaves: the session's own, and what is sent in its name.
struct Splitting {
    std::mutex mutex; ///< protects the next; not held while pushing
    rtp::FeedbackSplitter splitter;

    std::vector<std::vector<std::uint8_t>> split(GstBuffer* packet) {
        const gst::BufferMap map(packet);
        const std::lock_guard lock(mutex);
        return splitter.split(map.bytes());
    }
};

/// Thread of the RTP session, or of who sends in its name. The first part takes the place of the packet, the
/// others go before it.
GstPadProbeReturn splitOutgoing(GstPad* pad, GstPadProbeInfo* info, gpointer splitting) noexcept {
    GstBuffer* packet = gst_pad_probe_info_get_buffer(info);
    const auto parts = static_cast<Splitting*>(splitting)->split(packet);
    if (parts.empty()) return GST_PAD_PROBE_OK;
    for (std::size_t i = 1; i < parts.size(); ++i)
        gst_pad_push(pad, bufferOf(parts[i]).release());
    auto first = bufferOf(parts.front());
    gst_buffer_copy_into(first.get(), packet, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
    gst_buffer_unref(packet);
    info->data = first.release();
    return GST_PAD_PROBE_OK;
}

/// The SSRC of a sender report at the head of a compound packet (RFC 3550 section 6.4.1).
std::optional<std::uint32_t> reportingSender(GstBuffer* packet) {
    GstMapInfo map;
    if (!gst_buffer_map(packet, &map, GST_MAP_READ)) return std::nullopt;
    const auto sender = rtp::reportingSender({map.data, map.size});
    gst_buffer_unmap(packet, &map);
    return sender;
}

} // namespace

RtcpFilter::RtcpFilter(GstElement* webrtcbin)
    : described_(std::make_shared<Described>()) {
    // Thread that negotiates, before data flows.
    const auto filter = [described = described_](GstPad* pad) {
        using Owner = std::shared_ptr<Described>;
        const std::string_view name = GST_OBJECT_NAME(pad);
        if (name.starts_with("send_rtcp_src_"))
            gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, splitOutgoing, new Splitting,
                              [](gpointer splitting) noexcept { delete static_cast<Splitting*>(splitting); });
        if (!name.starts_with("recv_rtcp_sink_")) return;
        const auto dropStrangers = [](GstPad*, GstPadProbeInfo* info, gpointer owner) noexcept {
            const auto sender = reportingSender(gst_pad_probe_info_get_buffer(info));
            const bool passes = !sender || (*static_cast<Owner*>(owner))->mayReport(*sender);
            return passes ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
        };
        const auto release = [](gpointer owner) noexcept { delete static_cast<Owner*>(owner); };
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, dropStrangers, new Owner(described), release);
    };
    padAdded_ = gst::SignalConnection::connect<void(GstPad*)>(rtpbinOf(webrtcbin).get(), "pad-added", filter);
}

void RtcpFilter::setDescription(std::shared_ptr<const sdp::RemoteDescription> description) {
    const std::lock_guard lock(described_->mutex);
    described_->description = std::move(description);
}

} // namespace spillway::relay
