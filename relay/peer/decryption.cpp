// On the main path of every packet that comes in.
#include "relay/peer/decryption.h"

#include "relay/base/big_endian.h"
#include "relay/gst/bin.h"
#include "relay/gst/buffer_map.h"
#include "relay/gst/element.h"
#include "relay/gst/live_source.h"
#include "relay/rtp/packet.h"

#include <stdexcept>
#include <utility>

namespace spillway::relay {

namespace {

/// Values of the properties `srtp-cipher` and `srtp-auth` of dtlsdec, whose enums have no header. It
/// negotiates nothing else (1.22 to 1.26).
constexpr gint aes128Icm = 1;
constexpr gint sha1Hmac80 = 2;

std::atomic<std::uint64_t> rejected{0};

std::size_t counted(std::size_t bytes) {
    if (bytes == 0) rejected.fetch_add(1, std::memory_order_relaxed);
    return bytes;
}

/// What a pad of srtpdec would get is ours, and what its other pad would push.
void replace(GstElement* dtlssrtpdec, const char* pad, const gst::Ref<GstElement>& source) {
    gst::addTo(dtlssrtpdec, source);
    const auto ghost = gst::staticPad(dtlssrtpdec, pad);
    const auto target = gst::staticPad(source.get(), "src");
    if (!ghost || !gst_ghost_pad_set_target(gst::cast<GstGhostPad>(ghost.get()), target.get()))
        throw std::runtime_error(std::string("dtlssrtpdec has no pad ") + pad);
}

/// Six pads on the way to rtpbin's first element do nothing but pass packets on.
void linkDirectly(GstElement* dtlssrtpdec, GstElement* rtpbin, const gst::Ref<GstElement>& source) {
    const auto entry = gst::staticPad(rtpbin, "recv_rtp_sink_0");
    if (!entry) return;
    auto* ghost = gst::cast<GstGhostPad>(entry.get());
    const auto first = gst::Ref<GstPad>::adopt(gst_ghost_pad_get_target(ghost));
    if (!first) return;
    gst_ghost_pad_set_target(ghost, nullptr);
    gst_ghost_pad_set_target(gst::cast<GstGhostPad>(gst::staticPad(dtlssrtpdec, "rtp_src").get()), nullptr);
    gst_pad_link_full(gst::staticPad(source.get(), "src").get(), first.get(), GST_PAD_LINK_CHECK_NOTHING);
}

gst::PadProbe takeAll(GstPad* pad, std::function<void(gst::Ref<GstBuffer>)> onBuffer) {
    return {pad, GST_PAD_PROBE_TYPE_BUFFER, [onBuffer = std::move(onBuffer)](GstPadProbeInfo* info) {
                onBuffer(gst::Ref<GstBuffer>::adopt(gst_pad_probe_info_get_buffer(info)));
                return GST_PAD_PROBE_HANDLED;
            }};
}

/// Changes the bytes of a buffer, which may move and shrink within it. False when `change` leaves none.
template <class Change>
bool changeBytes(gst::Ref<GstBuffer>& buffer, Change change) {
    buffer = gst::Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
    GstMapInfo map;
    if (!gst_buffer_map(buffer.get(), &map, GST_MAP_READWRITE)) return false;
    const MutableBytes left = change(MutableBytes(map.data, map.size));
    const auto offset = left.empty() ? 0 : left.data() - map.data;
    gst_buffer_unmap(buffer.get(), &map);
    if (left.empty()) return false;
    gst_buffer_resize(buffer.get(), offset, static_cast<gssize>(left.size()));
    return true;
}

} // namespace

std::uint64_t rejectedPackets() {
    return rejected.load(std::memory_order_relaxed);
}

Decryption::Decryption(std::shared_ptr<ReceiveGate> gate, Settings settings)
    : gate_(std::move(gate))
    , settings_(settings)
    , rtcpSource_(gst::makeLiveSource("application/x-rtcp", "decrypted-rtcp"))
    , rtpSource_(gst::makeLiveSource("application/x-rtp", "decrypted-rtp"))
    , inlet_(std::make_shared<Inlet>(rtpSource_, settings.lane)) {}

void Decryption::attach(GstElement* dtlssrtpdec, GstElement* rtpbin,
                        std::function<void(std::string)> onUnusable) {
    if (onUnusable_) {
        gst::dropDataForever(gst::staticPad(dtlssrtpdec, "sink").get());
        return onUnusable("the peer has more than one transport");
    }
    onUnusable_ = std::move(onUnusable);
    replace(dtlssrtpdec, "rtp_src", rtpSource_);
    replace(dtlssrtpdec, "rtcp_src", rtcpSource_);
    const std::weak_ptr<Decryption> weak = shared_from_this();
    for (const auto& srtpdec : gst::elementsOf(dtlssrtpdec, "srtpdec")) {
        // Of what is multiplexed (RFC 5761) RTCP comes here too; RTP comes by the port or the NiceReader.
        probes_.push_back(
            takeAll(gst::staticPad(srtpdec.get(), "rtp_sink").get(), [weak](gst::Ref<GstBuffer> buffer) {
                if (const auto self = weak.lock()) self->onRtcpBuffer(std::move(buffer));
            }));
    }
    for (const auto& dtlsdec : gst::elementsOf(dtlssrtpdec, "dtlsdec"))
        keys_ = gst::SignalConnection::connect<void()>(dtlsdec.get(), "on-key-received",
                                                       [weak, element = dtlsdec.get(), dtlssrtpdec, rtpbin] {
                                                           const auto self = weak.lock();
                                                           if (self && self->onKeys(element))
                                                               self->begin(dtlssrtpdec, rtpbin);
                                                       });
}

/// On the thread that receives, inside the TLS handshake, after the certificate was compared.
bool Decryption::onKeys(GstElement* dtlsdec) {
    if (keyed_.load() || !gate_->isOpen()) return false;
    gint cipher = 0;
    gint authentication = 0;
    GstBuffer* found = nullptr;
    g_object_get(dtlsdec, "srtp-cipher", &cipher, "srtp-auth", &authentication, "decoder-key", &found,
                 nullptr);
    const auto key = gst::Ref<GstBuffer>::adopt(found);
    try {
        if (!key || cipher != aes128Icm || authentication != sha1Hmac80)
            throw std::runtime_error("the SRTP profile is not SRTP_AES128_CM_SHA1_80");
        const gst::BufferMap map(key.get());
        rtp_.emplace(map.bytes());
        rtcp_.emplace(srtp::Profile::aes128CmSha1_80, map.bytes(), settings_.maxReporters);
        return true;
    } catch (const std::exception& error) {
        onUnusable_(error.what());
        return false;
    }
}

/// No RTP has passed so far.
void Decryption::begin(GstElement* dtlssrtpdec, GstElement* rtpbin) {
    linkDirectly(dtlssrtpdec, rtpbin, rtpSource_);
    keyed_.store(true);
}

void Decryption::onSrtp(MutableBytes packet) {
    if (!keyed_.load()) {
        if (early_.size() < maxEarly) early_.emplace_back(packet.begin(), packet.end());
        return;
    }
    for (auto& early : std::exchange(early_, {}))
        take(early);
    take(packet);
}

MutableBytes Decryption::decrypt(MutableBytes packet) {
    const std::size_t bytes = counted(rtp_->unprotect(packet));
    return bytes == 0 ? MutableBytes() : rtp::withoutCsrcs(packet.first(bytes));
}

/// The buffer is made of what is authentic only.
void Decryption::take(MutableBytes packet) {
    const MutableBytes plain = decrypt(packet);
    if (plain.empty() || !gate_->pass()) return;
    inlet_->push(gst::Ref<GstBuffer>::adopt(gst_buffer_new_memdup(plain.data(), plain.size())),
                 readU32(&plain[8]), plain[1] & 0x7FU);
}

void Decryption::onRtcpBuffer(gst::Ref<GstBuffer> buffer) {
    if (!keyed_.load()) return;
    const bool authentic = changeBytes(buffer, [&](MutableBytes packet) {
        return packet.first(counted(rtcp_->unprotect(packet, Clock::now())));
    });
    if (authentic && gate_->pass()) gst::pushLive(rtcpSource_.get(), std::move(buffer));
}

} // namespace spillway::relay
