#include "relay/track/drain.h"

#include "relay/gst/buffer_sink.h"

#include <utility>

namespace spillway::relay {

Drain::Drain(gst::Tee& tee, std::shared_ptr<std::atomic<std::uint64_t>> packets)
    : branch_(tee, gst::makeBufferSink([packets = std::move(packets)](const gst::Ref<GstBuffer>&) {
                  packets->fetch_add(1, std::memory_order_relaxed);
              })) {}

} // namespace spillway::relay
