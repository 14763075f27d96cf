#include "relay/peer/rtcp_filter.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/probe.h"
#include "relay/peer/rtpbin.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/rtcp_split.h"

#include <cstdint>
#include <mutex>
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

GstBuffer* bufferOf(const std::vector<std::uint8_t>& bytes) {
    return gst_buffer_new_memdup(bytes.data(), bytes.size());
}

/// Thread of the RTP session, or of who sends in its name. The first part takes the place of the packet, the
/// others go before it.
void splitOutgoing(GstPad* pad, GstPadProbeInfo* info, Splitting& splitting) {
    GstBuffer* packet = gst_pad_probe_info_get_buffer(info);
    const auto parts = splitting.split(packet);
    if (parts.empty()) return;
    for (std::size_t i = 1; i < parts.size(); ++i)
        gst_pad_push(pad, bufferOf(parts[i]));
    GstBuffer* first = bufferOf(parts.front());
    gst_buffer_copy_into(first, packet, GST_BUFFER_COPY_TIMESTAMPS, 0, static_cast<gsize>(-1));
    gst_buffer_unref(packet);
    info->data = first;
}

} // namespace

RtcpFilter::RtcpFilter(GstElement* webrtcbin)
    : described_(std::make_shared<Described>()) {
    // Thread that negotiates, before data flows.
    const auto filter = [described = described_](GstPad* pad) {
        const std::string_view name = GST_OBJECT_NAME(pad);
        if (name.starts_with("send_rtcp_src_"))
            gst::probeForever(
                pad, GST_PAD_PROBE_TYPE_BUFFER,
                [splitting = std::make_shared<Splitting>()](GstPad* from, GstPadProbeInfo* info) noexcept {
                    splitOutgoing(from, info, *splitting);
                    return GST_PAD_PROBE_OK;
                });
        if (!name.starts_with("recv_rtcp_sink_")) return;
        gst::probeForever(
            pad, GST_PAD_PROBE_TYPE_BUFFER, [described](GstPad*, GstPadProbeInfo* info) noexcept {
                const gst::BufferMap map(gst_pad_probe_info_get_buffer(info));
                const auto sender = rtp::reportingSender(map.bytes());
                return !sender || described->mayReport(*sender) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
            });
    };
    padAdded_ = gst::SignalConnection::connect<void(GstPad*)>(rtpbinOf(webrtcbin).get(), "pad-added", filter);
}

void RtcpFilter::setDescription(std::shared_ptr<const sdp::RemoteDescription> description) {
    const std::lock_guard lock(described_->mutex);
    described_->description = std::move(description);
}

} // namespace spillway::relay
