#include "relay/peer/rate_limit.h"

#include "relay/base/big_endian.h"
#include "relay/gst/buffer_map.h"
#include "relay/peer/rtpbin.h"
#include "relay/rtp/bandwidth_message.h"
#include "relay/rtp/rtcp.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{100};
constexpr milliseconds longestOfEnd{1000};
constexpr milliseconds longest{4000};
/// While a limit holds, which is then what tells the sender its rate; libwebrtc reports every 50 to 250 ms.
constexpr milliseconds arrivalsPeriod{250};

} // namespace

/// Where RTCP leaves, and as whom.
struct RateLimit::Path {
    std::mutex mutex;    ///< protects what follows; never held while pushing
    std::string pad;     ///< of rtpbin; by name, since the pad holds this
    unsigned passed = 0; ///< packets that began to leave
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

    /// False before it is known that packets get through: the first is on its way until the second comes.
    /// Until DTLS is up webrtcbin would make whoever pushes wait.
    bool send(GstElement* rtpbin, std::uint64_t bitsPerSecond, const std::vector<std::uint32_t>& ssrcs) {
        std::unique_lock lock(mutex);
        if (passed < 2) return false;
        const auto message = rtp::bandwidthMessage(sender, description, bitsPerSecond, ssrcs);
        const auto out = gst::Ref<GstPad>::adopt(gst_element_get_static_pad(rtpbin, pad.c_str()));
        lock.unlock();
        GstBuffer* packet = out ? gst_buffer_new_memdup(message.data(), message.size()) : nullptr;
        return packet && gst_pad_push(out.get(), packet) == GST_FLOW_OK;
    }
};

RateLimit::RateLimit(Loop& loop, GstElement* webrtcbin)
    : loop_(loop)
    , rtpbin_(rtpbinOf(webrtcbin))
    , path_(std::make_shared<Path>()) {
    // Thread that negotiates, before data flows.
    const auto watch = [path = path_](GstPad* pad) {
        using Owner = std::shared_ptr<Path>;
        if (!std::string_view(GST_OBJECT_NAME(pad)).starts_with("send_rtcp_src_")) return;
        const auto note = [](GstPad* from, GstPadProbeInfo* info, gpointer owner) noexcept {
            (*static_cast<Owner*>(owner))
                ->note(from, gst::BufferMap(gst_pad_probe_info_get_buffer(info)).bytes());
            return GST_PAD_PROBE_OK;
        };
        const auto release = [](gpointer owner) noexcept { delete static_cast<Owner*>(owner); };
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, note, new Owner(path), release);
    };
    padAdded_ = gst::SignalConnection::connect<void(GstPad*)>(rtpbin_.get(), "pad-added", watch);
}

void RateLimit::set(std::optional<std::uint64_t> limit) {
    if (limit == limit_) return;
    limit_ = limit;
    reportArrivals(rtpbin_.get(), limit ? std::optional(arrivalsPeriod) : std::nullopt);
    distance_ = shortest;
    tell();
}

void RateLimit::tell() {
    const bool told = path_->send(rtpbin_.get(), limit_.value_or(rtp::unlimited), ssrcs_);
    timer_.cancel();
    if (!limit_ && distance_ > longestOfEnd) return;
    timer_ = loop_.after(std::min(distance_, longest), [this] { tell(); });
    if (told) distance_ = std::min(distance_ * 2, longest * 2);
}

} // namespace spillway::relay
