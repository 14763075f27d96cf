// Where OpenSSL reads and writes DTLS: one write is one datagram (RFC 6347 section 4.1.1), one read too.
#pragma once

#include "relay/dtls/handles.h"
#include "relay/port/demux.h"

#include <functional>

namespace spillway::relay::webrtc {

struct DtlsWire {
    Bytes incoming; ///< read once, then empty
    std::function<void(Bytes)> send;
};

/// `wire` outlives it. Throws std::runtime_error.
openssl::Bio makeBio(DtlsWire& wire);

} // namespace spillway::relay::webrtc
