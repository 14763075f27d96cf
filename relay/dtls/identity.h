// Who we are to every peer of webrtcbin's: a certificate of our own, one for the life of the process, so that
// our side of a transport is known before webrtcbin has made one. Its own would be an RSA key, which costs
// each handshake milliseconds. Any thread.
#pragma once

#include <string>

namespace spillway::relay {

struct PeerIdentity {
    std::string pem;         ///< certificate and key
    std::string fingerprint; ///< value of `a=fingerprint`
};

/// Throws std::runtime_error when OpenSSL cannot make one.
const PeerIdentity& peerIdentity();

} // namespace spillway::relay
