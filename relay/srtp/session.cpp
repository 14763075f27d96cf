#include "relay/srtp/session.h"

#include "relay/rtp/packet.h"
#include "relay/rtp/rtcp.h"
#include "relay/srtp/gcm.h"
#include "relay/srtp/libsrtp.h"
#include "relay/srtp/rtcp_receiver.h"

#include <optional>

namespace spillway::relay::srtp {

namespace {

// Without RTX a retransmission is the packet itself, and libsrtp protects none again that fell out of its
// window.
constexpr unsigned long sendWindow = GcmSender::window;
static_assert(GcmSender::tagBytes <= Session::trailer);

} // namespace

struct Session::Impl {
    explicit Impl(const Keys& keys)
        : out(keys.profile, ssrc_any_outbound, keys.send, sendWindow)
        , in(keys.profile, keys.receive, maxSenders) {
        if (keys.profile == Profile::aeadAes128Gcm) gcm.emplace(keys.send);
    }

    LibsrtpSession out;
    std::optional<GcmSender> gcm; ///< instead of `out`, for RTP
    RtcpReceiver in;
};

Session::Session(const Keys& keys)
    : impl_(std::make_unique<Impl>(keys)) {}

Session::~Session() = default;

std::size_t Session::protect(std::uint8_t* packet, std::size_t bytes) {
    if (impl_->gcm) return impl_->gcm->protect(packet, bytes);
    return impl_->out.run(srtp_protect, packet, bytes, rtp::fixedHeaderBytes);
}

std::size_t Session::protectRtcp(std::uint8_t* packet, std::size_t bytes) {
    return impl_->out.run(srtp_protect_rtcp, packet, bytes, rtp::rtcpHeaderBytes);
}

std::size_t Session::unprotectRtcp(MutableBytes packet, Clock::time_point now) {
    return impl_->in.unprotect(packet, now);
}

} // namespace spillway::relay::srtp
