#include "relay/peer/rtcp_exit.h"

#include "relay/base/big_endian.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/probe.h"
#include "relay/peer/rtpbin.h"
#include "relay/rtp/rtcp.h"

#include <mutex>
#include <string>
#include <string_view>

namespace spillway::relay {

/// What is known of the RTP session from what it sent.
struct RtcpExit::Session {
    std::mutex mutex;    ///< protects what follows; never held while pushing
    std::string pad;     ///< of rtpbin; by name, since the pad holds this
    unsigned passed = 0; ///< packets that began to leave
    bool open = false;
    std::uint32_t sender = 0;
    std::vector<std::uint8_t> description;

    /// Thread of the RTP session.
    void note(GstPad* from, Bytes compound) {
        const auto packets = rtp::readCompound(compound);
        if (!packets) return;
        const std::lock_guard lock(mutex);
        for (const rtp::RtcpPacket& packet : *packets) {
            if (packet.isReport() && packet.body.size() >= 4) sender = readU32(packet.body.data());
            if (packet.type == rtp::RtcpType::sourceDescription)
                description.assign(packet.whole.begin(), packet.whole.end());
        }
        pad = GST_OBJECT_NAME(from);
        ++passed;
    }

    /// Until DTLS is up webrtcbin would make whoever pushes wait, as the first packet may; the second shows
    /// that it does not.
    bool passes() const { return passed >= (open ? 1U : 2U); }
};

RtcpExit::RtcpExit(GstElement* webrtcbin)
    : rtpbin_(rtpbinOf(webrtcbin))
    , session_(std::make_shared<Session>()) {
    // Thread that negotiates, before data flows.
    const auto watch = [session = session_](GstPad* pad) {
        if (!std::string_view(GST_OBJECT_NAME(pad)).starts_with("send_rtcp_src_")) return;
        gst::probeForever(
            pad, GST_PAD_PROBE_TYPE_BUFFER, [session](GstPad* from, GstPadProbeInfo* info) noexcept {
                session->note(from, gst::BufferMap(gst_pad_probe_info_get_buffer(info)).bytes());
                return GST_PAD_PROBE_OK;
            });
    };
    padAdded_ = gst::SignalConnection::connect<void(GstPad*)>(rtpbin_.get(), "pad-added", watch);
}

void RtcpExit::open() {
    const std::lock_guard lock(session_->mutex);
    session_->open = true;
}

bool RtcpExit::send(const Write& write) const {
    std::unique_lock lock(session_->mutex);
    if (!session_->passes()) return false;
    const auto bytes = write(session_->sender, session_->description);
    const auto pad =
        gst::Ref<GstPad>::adopt(gst_element_get_static_pad(rtpbin_.get(), session_->pad.c_str()));
    lock.unlock();
    GstBuffer* packet = pad ? gst_buffer_new_memdup(bytes.data(), bytes.size()) : nullptr;
    return packet && gst_pad_push(pad.get(), packet) == GST_FLOW_OK;
}

} // namespace spillway::relay
