// A viewer's side of DTLS, for tests: OpenSSL as the client, each record a datagram of its own.
#pragma once

#include "relay/dtls/fingerprint.h"
#include "relay/dtls/identity.h"
#include "relay/outputs/webrtc/transport/dtls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace spillway::relay::webrtc::test {

using Datagram = std::vector<std::uint8_t>;

class DtlsClient {
  public:
    struct Settings {
        const char* profiles = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM";
        bool hasCertificate = true;
        long mtu = 1200;
        std::size_t padding = 0; ///< bytes that the ClientHello is longer by, at least
    };

    explicit DtlsClient(const Settings& settings)
        : context_(SSL_CTX_new(DTLS_client_method())) {
        SSL_CTX* context = context_.get();
        SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        bool good = !*settings.profiles || SSL_CTX_set_tlsext_use_srtp(context, settings.profiles) == 0;
        if (settings.hasCertificate)
            good = good && SSL_CTX_use_certificate(context, own_.certificate()) == 1 &&
                   SSL_CTX_use_PrivateKey(context, own_.key()) == 1;
        ssl_.reset(SSL_new(context));
        BIO* in = BIO_new(BIO_s_mem());
        BIO* out = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(ssl_.get(), in, out);
        SSL_set_mtu(ssl_.get(), settings.mtu);
        DTLS_set_timer_cb(ssl_.get(), [](SSL*, unsigned last) { return last == 0 ? 50'000U : 2 * last; });
        if (settings.padding) good = good && lengthen(settings.padding);
        SSL_set_connect_state(ssl_.get());
        if (!good) throw std::runtime_error("no DTLS client");
    }

    sdp::Fingerprint fingerprint(sdp::Fingerprint::Hash hash = sdp::Fingerprint::Hash::sha256) const {
        return dtls::fingerprintOf(own_.certificate(), hash).value();
    }
    std::string serverFingerprint() const {
        return dtls::fingerprintOf(SSL_get0_peer_certificate(ssl_.get()), sdp::Fingerprint::Hash::sha256)
            .value()
            .text();
    }

    /// What it has to say now.
    std::vector<Datagram> start() { return run(); }
    std::vector<Datagram> receive(const Datagram& datagram) {
        BIO_write(SSL_get_rbio(ssl_.get()), datagram.data(), static_cast<int>(datagram.size()));
        return run();
    }
    std::vector<Datagram> onTimeout() {
        DTLSv1_handle_timeout(ssl_.get());
        return run();
    }
    /// Over a UdpClient. Throws std::bad_optional_access when the server falls silent.
    template <class Wire>
    void shakeHands(const Wire& wire) {
        std::vector<Datagram> flight = start();
        while (!connected()) {
            for (const Datagram& record : flight)
                wire.send(record);
            flight = receive(wire.receive().value());
        }
    }
    std::vector<Datagram> close() {
        SSL_shutdown(ssl_.get());
        return records();
    }

    bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1 && !failed_; }
    bool failed() const { return failed_; }
    bool closed() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    bool resumable() const { return SSL_SESSION_is_resumable(SSL_get0_session(ssl_.get())) == 1; }
    std::string profile() const {
        const auto* agreed = SSL_get_selected_srtp_profile(ssl_.get());
        return agreed ? agreed->name : "";
    }
    /// As RFC 5764 section 4.2 has them: the client's key, the server's, the client's salt, the server's.
    Datagram keyingMaterial(std::size_t bytes) const {
        Datagram material(bytes);
        constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
        if (SSL_export_keying_material(ssl_.get(), material.data(), bytes, label.data(), label.size(),
                                       nullptr, 0, 0) != 1)
            throw std::runtime_error("no keying material");
        return material;
    }

    /// What the server has to have, of AES-GCM or AES-CM.
    srtp::Keys serverKeys() const {
        const bool gcm = profile() == "SRTP_AEAD_AES_128_GCM";
        const std::size_t key = 16;
        const std::size_t salt = gcm ? 12 : 14;
        const Datagram material = keyingMaterial(2 * (key + salt));
        const auto master = [&](std::size_t side) {
            const auto part = [&](std::size_t at, std::size_t bytes) {
                const auto begin = material.begin() + static_cast<long>(at);
                return Datagram(begin, begin + static_cast<long>(bytes));
            };
            Datagram whole = part(side * key, key);
            const Datagram its = part(2 * key + side * salt, salt);
            whole.insert(whole.end(), its.begin(), its.end());
            return whole;
        };
        return {gcm ? srtp::Profile::aeadAes128Gcm : srtp::Profile::aes128CmSha1_80, master(1), master(0)};
    }

  private:
    /// By names of protocols that nobody knows (RFC 7301).
    bool lengthen(std::size_t bytes) {
        Datagram names;
        while (names.size() < bytes) {
            names.push_back(100);
            names.insert(names.end(), 100, 'x');
        }
        return SSL_set_alpn_protos(ssl_.get(), names.data(), static_cast<unsigned>(names.size())) == 0;
    }

    std::vector<Datagram> run() {
        ERR_clear_error();
        std::array<std::uint8_t, 256> data{};
        int result = SSL_do_handshake(ssl_.get());
        if (result == 1) result = SSL_read(ssl_.get(), data.data(), static_cast<int>(data.size()));
        if (result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) failed_ = true;
        ERR_clear_error();
        return records();
    }

    std::vector<Datagram> records() {
        constexpr std::size_t header = 13; // RFC 6347 section 4.1
        std::vector<Datagram> all;
        BIO* out = SSL_get_wbio(ssl_.get());
        Datagram record(header);
        while (BIO_read(out, record.data(), static_cast<int>(header)) == static_cast<int>(header)) {
            const std::size_t length = static_cast<std::size_t>(record[11]) * 256 + record[12];
            record.resize(header + length);
            BIO_read(out, record.data() + header, static_cast<int>(length));
            all.push_back(std::exchange(record, Datagram(header)));
        }
        return all;
    }

    dtls::Identity own_;
    openssl::Context context_;
    openssl::Connection ssl_;
    bool failed_ = false;
};

} // namespace spillway::relay::webrtc::test
