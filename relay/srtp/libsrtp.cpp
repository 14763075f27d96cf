#include "relay/srtp/libsrtp.h"

#include <arpa/inet.h>

#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace spillway::relay::srtp {

namespace {

srtp_profile_t profileOf(Profile profile) {
    return profile == Profile::aeadAes128Gcm ? srtp_profile_aead_aes_128_gcm : srtp_profile_aes128_cm_sha1_80;
}

void check(srtp_err_status_t status, const char* what) {
    if (status == srtp_err_status_ok) return;
    throw std::runtime_error(std::string("SRTP: cannot ") + what + ": libsrtp's error " +
                             std::to_string(status));
}

} // namespace

LibsrtpSession::LibsrtpSession(Profile profile, srtp_ssrc_type_t streams, Bytes key, unsigned long window) {
    startLibrary();
    const auto known = profileOf(profile);
    if (key.size() != srtp_profile_get_master_key_length(known) + srtp_profile_get_master_salt_length(known))
        throw std::runtime_error("SRTP: a key of the wrong length");
    std::vector<std::uint8_t> copy(key.begin(), key.end());
    srtp_policy_t policy{};
    check(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, known), "use the profile");
    check(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, known), "use the profile");
    policy.ssrc.type = streams;
    policy.key = copy.data();
    policy.window_size = window;
    policy.allow_repeat_tx = 1;
    check(srtp_create(&session_, &policy), "make a session");
}

void LibsrtpSession::startLibrary() {
    static std::once_flag once;
    std::call_once(once, [] {
        const auto status = srtp_init();
        // What a second start answers: GStreamer's plugin was before us.
        if (status != srtp_err_status_bad_param) check(status, "start");
    });
}

std::size_t LibsrtpSession::run(Operation operation, std::uint8_t* packet, std::size_t bytes,
                                std::size_t least) {
    if (bytes < least || bytes > std::numeric_limits<std::uint16_t>::max()) return 0;
    int length = static_cast<int>(bytes);
    if (operation(session_, packet, &length) != srtp_err_status_ok || length < 0) return 0;
    return static_cast<std::size_t>(length);
}

void LibsrtpSession::forget(std::uint32_t ssrc) {
    srtp_remove_stream(session_, htonl(ssrc));
}

} // namespace spillway::relay::srtp
