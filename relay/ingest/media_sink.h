// Who takes a publisher's SRTP off the port.
#pragma once

#include "relay/base/bytes.h"

namespace spillway::relay::ingest {

class MediaSink {
  public:
    virtual ~MediaSink() = default;
    /// An SRTP packet, which may be changed. Ingest thread, which waits for it: must not block.
    virtual void onSrtp(MutableBytes packet) = 0;
};

} // namespace spillway::relay::ingest
