#include "relay/srtp/session.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/packet.h"
#include "relay/srtp/gcm.h"

#include <srtp2/srtp.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace spillway::relay::srtp {

namespace {

// Without RTX a retransmission is the packet itself, and libsrtp protects none again that fell out of its
// window.
constexpr unsigned long sendWindow = GcmSender::window;
constexpr unsigned long receiveWindow = 128;
static_assert(GcmSender::tagBytes <= Session::trailer);
constexpr std::size_t rtcpHeader = 8; // RFC 3550 section 6.4: header and SSRC

srtp_profile_t profileOf(Profile profile) {
    return profile == Profile::aeadAes128Gcm ? srtp_profile_aead_aes_128_gcm : srtp_profile_aes128_cm_sha1_80;
}

void check(srtp_err_status_t status, const char* what) {
    if (status == srtp_err_status_ok) return;
    throw std::runtime_error(std::string("SRTP: cannot ") + what + ": libsrtp's error " +
                             std::to_string(status));
}

/// One direction. Owner of the libsrtp session.
class Direction {
  public:
    Direction(Profile profile, srtp_ssrc_type_t streams, std::vector<std::uint8_t> key,
              unsigned long window) {
        const auto known = profileOf(profile);
        if (key.size() !=
            srtp_profile_get_master_key_length(known) + srtp_profile_get_master_salt_length(known))
            throw std::runtime_error("SRTP: a key of the wrong length");
        srtp_policy_t policy{};
        check(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, known), "use the profile");
        check(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, known), "use the profile");
        policy.ssrc.type = streams;
        policy.key = key.data();
        policy.window_size = window;
        policy.allow_repeat_tx = 1;
        check(srtp_create(&session_, &policy), "make a session");
    }
    ~Direction() { srtp_dealloc(session_); }
    Direction(const Direction&) = delete;
    Direction& operator=(const Direction&) = delete;

    using Operation = srtp_err_status_t (*)(srtp_t, void*, int*);
    std::size_t run(Operation operation, std::uint8_t* packet, std::size_t bytes, std::size_t least) {
        if (bytes < least || bytes > std::numeric_limits<std::uint16_t>::max()) return 0;
        int length = static_cast<int>(bytes);
        if (operation(session_, packet, &length) != srtp_err_status_ok || length < 0) return 0;
        return static_cast<std::size_t>(length);
    }

  private:
    srtp_t session_ = nullptr;
};

} // namespace

struct Session::Impl {
    explicit Impl(const Keys& keys)
        : out(keys.profile, ssrc_any_outbound, keys.send, sendWindow)
        , in(keys.profile, ssrc_any_inbound, keys.receive, receiveWindow) {
        if (keys.profile == Profile::aeadAes128Gcm) gcm.emplace(keys.send);
    }

    /// libsrtp keeps a stream for each sender for good, and looks for it in a list.
    bool admits(std::uint32_t sender) const {
        return senders.size() < maxSenders ||
               std::find(senders.begin(), senders.end(), sender) != senders.end();
    }
    void admit(std::uint32_t sender) {
        if (std::find(senders.begin(), senders.end(), sender) == senders.end()) senders.push_back(sender);
    }

    Direction out;
    std::optional<GcmSender> gcm; ///< instead of `out`, for RTP
    Direction in;
    std::vector<std::uint32_t> senders;
};

void Session::startLibrary() {
    static std::once_flag once;
    std::call_once(once, [] {
        const auto status = srtp_init();
        // What a second start answers: GStreamer's plugin was before us.
        if (status != srtp_err_status_bad_param) check(status, "start");
    });
}

Session::Session(const Keys& keys) {
    startLibrary();
    impl_ = std::make_unique<Impl>(keys);
}

Session::~Session() = default;

std::size_t Session::protect(std::uint8_t* packet, std::size_t bytes) {
    if (impl_->gcm) return impl_->gcm->protect(packet, bytes);
    return impl_->out.run(srtp_protect, packet, bytes, rtp::fixedHeaderBytes);
}

std::size_t Session::protectRtcp(std::uint8_t* packet, std::size_t bytes) {
    return impl_->out.run(srtp_protect_rtcp, packet, bytes, rtcpHeader);
}

std::size_t Session::unprotectRtcp(std::uint8_t* packet, std::size_t bytes) {
    if (bytes < rtcpHeader) return 0;
    const std::uint32_t sender = readU32(packet + 4);
    if (!impl_->admits(sender)) return 0;
    const std::size_t size = impl_->in.run(srtp_unprotect_rtcp, packet, bytes, rtcpHeader);
    if (size != 0) impl_->admit(sender);
    return size;
}

} // namespace spillway::relay::srtp
