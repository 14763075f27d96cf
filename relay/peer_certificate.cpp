#include "relay/peer_certificate.h"

#include <glib.h>

#include <string>

namespace spillway::relay {

namespace {

GChecksumType checksumType(sdp::Fingerprint::Hash hash) {
    switch (hash) {
    case sdp::Fingerprint::Hash::sha384:
        return G_CHECKSUM_SHA384;
    case sdp::Fingerprint::Hash::sha512:
        return G_CHECKSUM_SHA512;
    case sdp::Fingerprint::Hash::sha256:
        break;
    }
    return G_CHECKSUM_SHA256;
}

/// The base64 text between the marks.
std::string_view body(std::string_view pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    const auto first = pem.find(begin);
    const auto last = pem.find("-----END CERTIFICATE-----");
    if (first == std::string_view::npos || last == std::string_view::npos || last < first + begin.size())
        return {};
    return pem.substr(first + begin.size(), last - first - begin.size());
}

} // namespace

std::optional<sdp::Fingerprint> fingerprintOf(std::string_view pem, sdp::Fingerprint::Hash hash) {
    const std::string base64(body(pem));
    gsize size = 0;
    guchar* der = g_base64_decode(base64.c_str(), &size);
    if (!der || size == 0) {
        g_free(der);
        return std::nullopt;
    }
    GChecksum* checksum = g_checksum_new(checksumType(hash));
    g_checksum_update(checksum, der, static_cast<gssize>(size));
    g_free(der);
    gsize length = 64;
    sdp::Fingerprint fingerprint{hash, std::vector<std::uint8_t>(length)};
    g_checksum_get_digest(checksum, fingerprint.digest.data(), &length);
    g_checksum_free(checksum);
    fingerprint.digest.resize(length);
    return fingerprint;
}

} // namespace spillway::relay
