// What a datagram on a port is that STUN, DTLS, SRTP and SRTCP share (RFC 7983 section 7, RFC 5761 section
// 4). Pure code, any thread.
#pragma once

#include "relay/base/bytes.h"

namespace spillway::relay::port {

enum class DatagramKind { stun, dtls, rtp, rtcp, other };

DatagramKind kindOf(Bytes datagram);

} // namespace spillway::relay::port
