#include "relay/peer_identity.h"

#include "relay/dtls_certificate.h"

namespace spillway::relay {

namespace {

PeerIdentity made() {
    const DtlsCertificate certificate;
    const auto fingerprint = fingerprintOf(certificate.certificate.get(), sdp::Fingerprint::Hash::sha256);
    openssl::require(fingerprint.has_value(), "fingerprint");
    return {certificate.pem(), fingerprint->text()};
}

} // namespace

const PeerIdentity& peerIdentity() {
    static const PeerIdentity identity = made();
    return identity;
}

} // namespace spillway::relay
