// A viewer's side of SRTP, for tests: set up by the macros of libsrtp instead of by profile.
#pragma once

#include "relay/srtp/keys.h"
#include "relay/srtp/libsrtp.h"

#include <srtp2/srtp.h>

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace spillway::relay::srtp::test {

class SrtpClient {
  public:
    using Packet = std::vector<std::uint8_t>;

    /// `keys` as the server has them.
    explicit SrtpClient(Keys keys) {
        in_ = make(keys.profile, ssrc_any_inbound, keys.send);
        out_ = make(keys.profile, ssrc_any_outbound, keys.receive);
    }
    ~SrtpClient() {
        srtp_dealloc(in_);
        srtp_dealloc(out_);
    }
    SrtpClient(const SrtpClient&) = delete;
    SrtpClient& operator=(const SrtpClient&) = delete;

    Packet unprotect(Packet packet) { return run(srtp_unprotect, in_, std::move(packet)); }
    Packet unprotectRtcp(Packet packet) { return run(srtp_unprotect_rtcp, in_, std::move(packet)); }
    Packet protect(Packet packet) { return run(srtp_protect, out_, std::move(packet)); }
    Packet protectRtcp(Packet packet) { return run(srtp_protect_rtcp, out_, std::move(packet)); }

  private:
    static srtp_t make(Profile profile, srtp_ssrc_type_t type, Packet& key) {
        LibsrtpSession::startLibrary();
        srtp_policy_t policy{};
        for (srtp_crypto_policy_t* each : {&policy.rtp, &policy.rtcp}) {
            if (profile == Profile::aeadAes128Gcm)
                srtp_crypto_policy_set_aes_gcm_128_16_auth(each);
            else
                srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(each);
        }
        policy.ssrc.type = type;
        policy.key = key.data();
        srtp_t session = nullptr;
        if (srtp_create(&session, &policy) != srtp_err_status_ok) throw std::runtime_error("no session");
        return session;
    }
    /// Empty when it is refused.
    static Packet run(srtp_err_status_t (*operation)(srtp_t, void*, int*), srtp_t session, Packet packet) {
        int bytes = static_cast<int>(packet.size());
        packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN);
        if (operation(session, packet.data(), &bytes) != srtp_err_status_ok) return {};
        packet.resize(static_cast<std::size_t>(bytes));
        return packet;
    }

    srtp_t in_ = nullptr;
    srtp_t out_ = nullptr;
};

} // namespace spillway::relay::srtp::test
