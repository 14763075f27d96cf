// Where a track that nobody watches runs off: a sink behind the tee, from constructor to destructor. Nothing
// is decoded, depayloaded or kept. Made on the streaming thread of `pad-added` or on the loop; destroyed on
// the loop.
#pragma once

#include "relay/gst/tee.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace spillway::relay {

class Drain {
  public:
    /// `packets` counts what ran off. Throws std::runtime_error when it does not start.
    Drain(gst::Tee& tee, std::shared_ptr<std::atomic<std::uint64_t>> packets);

  private:
    gst::TeeBranch branch_;
};

} // namespace spillway::relay
