#include "relay/dtls/identity.h"

#include "relay/dtls/certificate.h"

namespace spillway::relay {

namespace {

PeerIdentity made() {
    const DtlsCertificate certificate;
    return {certificate.pem(), certificate.fingerprint()};
}

} // namespace

const PeerIdentity& peerIdentity() {
    static const PeerIdentity identity = made();
    return identity;
}

} // namespace spillway::relay
