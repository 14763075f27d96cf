#include "relay/outputs/webrtc/transport/dtls.h"

#include "relay/dtls/fingerprint.h"
#include "relay/dtls/handles.h"
#include "relay/dtls/identity.h"
#include "relay/outputs/webrtc/transport/dtls_wire.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <sys/time.h>

namespace spillway::relay::webrtc {

using openssl::require;

namespace {

// A viewer is tens of milliseconds away, and waits for its picture: not the second of RFC 6347 section
// 4.2.4.1. OpenSSL gives up after the twelfth, here 17 s.
constexpr unsigned firstTimeoutUs = 100'000;
constexpr unsigned longestTimeoutUs = 2'000'000;

// What RFC 8827 section 6.5 asks for, and what is as good; our certificate is ECDSA.
constexpr auto ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384";
constexpr auto groups = "X25519:P-256";
constexpr auto srtpProfiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

/// Whom we expect; the connection's application data.
struct Viewer {
    enum class Certificate { awaited, right, wrong };

    sdp::Fingerprint fingerprint;
    Certificate certificate = Certificate::awaited;
};

extern "C" {

unsigned onTimer(SSL* /*ssl*/, unsigned lastUs) noexcept {
    return lastUs == 0 ? firstTimeoutUs : std::min(2 * lastUs, longestTimeoutUs);
}

/// In place of a chain of certificates, which there is none of (RFC 5763 section 5).
int onCertificate(X509_STORE_CTX* store, void* /*data*/) noexcept {
    const auto* ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& viewer = *static_cast<Viewer*>(SSL_get_app_data(ssl));
    const auto shown = dtls::fingerprintOf(X509_STORE_CTX_get0_cert(store), viewer.fingerprint.hash);
    if (shown == viewer.fingerprint) {
        viewer.certificate = Viewer::Certificate::right;
        return 1;
    }
    viewer.certificate = Viewer::Certificate::wrong;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}
}

openssl::Context makeContext(const dtls::Identity& identity) {
    openssl::Context context(SSL_CTX_new(DTLS_server_method()));
    require(context != nullptr, "context");
    SSL_CTX* ctx = context.get();
    // No resumption: each viewer shows its certificate.
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(ctx, onCertificate, nullptr);
    require(SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1, "version");
    require(SSL_CTX_set_cipher_list(ctx, ciphers) == 1, "ciphers");
    require(SSL_CTX_set1_groups_list(ctx, groups) == 1, "groups");
    require(SSL_CTX_set_tlsext_use_srtp(ctx, srtpProfiles) == 0, "SRTP profiles"); // 0 is success here
    require(SSL_CTX_use_certificate(ctx, identity.certificate()) == 1, "certificate");
    require(SSL_CTX_use_PrivateKey(ctx, identity.key()) == 1, "key");
    return context;
}

struct KeySizes {
    std::size_t key;
    std::size_t salt;
};

/// RFC 7714 section 12 and RFC 3711 section 8.2.
KeySizes sizesOf(srtp::Profile profile) {
    return profile == srtp::Profile::aeadAes128Gcm ? KeySizes{16, 12} : KeySizes{16, 14};
}

/// Both keys, then both salts, the client's first (RFC 5764 section 4.2). We are the server.
srtp::Keys split(srtp::Profile profile, Bytes material) {
    const auto masterOf = [material, sizes = sizesOf(profile)](std::size_t side) {
        const Bytes key = material.subspan(side * sizes.key, sizes.key);
        const Bytes salt = material.subspan(2 * sizes.key + side * sizes.salt, sizes.salt);
        std::vector<std::uint8_t> master(key.begin(), key.end());
        master.insert(master.end(), salt.begin(), salt.end());
        return master;
    };
    return {profile, masterOf(1), masterOf(0)};
}

/// Nothing when no profile was agreed.
std::optional<srtp::Keys> exportKeys(SSL* ssl) {
    const SRTP_PROTECTION_PROFILE* agreed = SSL_get_selected_srtp_profile(ssl);
    if (!agreed) return std::nullopt;
    const auto profile =
        agreed->id == SRTP_AEAD_AES_128_GCM ? srtp::Profile::aeadAes128Gcm : srtp::Profile::aes128CmSha1_80;
    const auto [key, salt] = sizesOf(profile);
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    std::array<std::uint8_t, 60> room{};
    const MutableBytes material(room.data(), 2 * (key + salt));
    if (SSL_export_keying_material(ssl, material.data(), material.size(), label.data(), label.size(), nullptr,
                                   0, 0) != 1)
        return std::nullopt;
    auto keys = split(profile, material);
    OPENSSL_cleanse(room.data(), room.size());
    return keys;
}

} // namespace

struct DtlsContext::Impl {
    openssl::Context context; ///< holds key and certificate
};

DtlsContext::DtlsContext(const dtls::Identity& identity)
    : impl_(std::make_unique<Impl>(Impl{makeContext(identity)})) {}

DtlsContext::~DtlsContext() = default;

struct DtlsServer::Impl {
    Impl(SSL_CTX* context, sdp::Fingerprint fingerprint, std::function<void(Bytes)> send)
        : wire{{}, std::move(send)}
        , viewer{std::move(fingerprint), Viewer::Certificate::awaited} {
        ERR_clear_error();
        ssl.reset(SSL_new(context));
        require(ssl != nullptr, "connection");
        BIO* bio = makeBio(wire).release();
        SSL_set_bio(ssl.get(), bio, bio); // takes it
        SSL_set_app_data(ssl.get(), &viewer);
        SSL_set_mtu(ssl.get(), mtu);
        DTLS_set_timer_cb(ssl.get(), onTimer);
        SSL_set_accept_state(ssl.get());
    }

    void shakeHands();
    void readOn();
    void judge(int result);
    void end(State how);
    void fail(std::string why);

    DtlsWire wire;
    Viewer viewer;
    openssl::Connection ssl; ///< null once it is over
    State state = State::handshaking;
    srtp::Keys keys;
    std::string failure;
};

void DtlsServer::Impl::shakeHands() {
    if (const int result = SSL_do_handshake(ssl.get()); result != 1) {
        judge(result);
        return;
    }
    auto exported = exportKeys(ssl.get());
    if (viewer.certificate != Viewer::Certificate::right)
        fail("no certificate");
    else if (!exported)
        fail("no SRTP profile in common");
    else {
        keys = std::move(*exported);
        state = State::connected;
    }
}

/// What a connected viewer sends is its last flight once more, which OpenSSL answers with ours, and in the
/// end its good-bye; data nobody asked for.
void DtlsServer::Impl::readOn() {
    std::array<std::uint8_t, 2048> ignored{};
    int result = 0;
    if (SSL_alloc_buffers(ssl.get()) != 1) return fail("no memory");
    do
        result = SSL_read(ssl.get(), ignored.data(), static_cast<int>(ignored.size()));
    while (result > 0);
    judge(result);
    // Two records of the longest, which would lie idle as long as the viewer watches.
    if (ssl) SSL_free_buffers(ssl.get());
}

void DtlsServer::Impl::judge(int result) {
    switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        break;
    case SSL_ERROR_ZERO_RETURN:
        SSL_shutdown(ssl.get()); // RFC 5246 section 7.2.1: answered with ours
        end(State::closed);
        break;
    default:
        fail(viewer.certificate == Viewer::Certificate::wrong ? "the certificate is not the one of the offer"
                                                              : openssl::takeError("broken off"));
    }
}

void DtlsServer::Impl::end(State how) {
    state = how;
    ssl.reset();
    ERR_clear_error();
}

void DtlsServer::Impl::fail(std::string why) {
    failure = std::move(why);
    end(State::failed);
}

DtlsServer::DtlsServer(const DtlsContext& context, sdp::Fingerprint viewer, std::function<void(Bytes)> send)
    : impl_(std::make_unique<Impl>(context.impl_->context.get(), std::move(viewer), std::move(send))) {}

DtlsServer::~DtlsServer() = default;

DtlsServer::State DtlsServer::receive(Bytes datagram) {
    if (!impl_->ssl) return impl_->state;
    ERR_clear_error(); // SSL_get_error() looks at the whole queue
    impl_->wire.incoming = datagram;
    if (impl_->state == State::handshaking) impl_->shakeHands();
    if (impl_->state == State::connected) impl_->readOn();
    impl_->wire.incoming = {};
    return impl_->state;
}

std::optional<Clock::time_point> DtlsServer::timeout(Clock::time_point now) const {
    timeval left{};
    if (!impl_->ssl || DTLSv1_get_timeout(impl_->ssl.get(), &left) != 1) return std::nullopt;
    return now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

DtlsServer::State DtlsServer::onTimeout() {
    if (!impl_->ssl) return impl_->state;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(impl_->ssl.get()) < 0) impl_->fail(openssl::takeError("no answer"));
    return impl_->state;
}

void DtlsServer::close() {
    if (!impl_->ssl) return;
    ERR_clear_error();
    // Without a buffer SSL_shutdown() would write to nowhere.
    if (impl_->state == State::connected && SSL_alloc_buffers(impl_->ssl.get()) == 1)
        SSL_shutdown(impl_->ssl.get());
    impl_->end(State::closed);
}

DtlsServer::State DtlsServer::state() const {
    return impl_->state;
}

const srtp::Keys& DtlsServer::keys() const {
    return impl_->keys;
}

const std::string& DtlsServer::failure() const {
    return impl_->failure;
}

} // namespace spillway::relay::webrtc
