// The contexts that srtpdec keeps for each SSRC it has ever heard of, although an SFU makes up new ones all
// day.
//
// Comes in: SSRCs that the description names no more. The last ones stay, for their rollover counters (RFC
// 3711 section 3.3.1): an SSRC that comes back could not be deciphered without. One that never rolled over
// can just as well start over, so those go first. The streaming thread frees, before a packet.
#pragma once

#include "relay/gst/ref.h"

#include <gst/gst.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace spillway::relay {

class SrtpContexts {
  public:
    /// Retired SSRCs whose context stays; of those that rolled over, as many more as the second says.
    static constexpr std::size_t kept = 128;
    static constexpr std::size_t keptRolledOver = 512;

    /// Of the `srtpdec` in this bin, whenever it comes to be.
    explicit SrtpContexts(GstElement* webrtcbin);
    ~SrtpContexts();
    SrtpContexts(const SrtpContexts&) = delete;
    SrtpContexts& operator=(const SrtpContexts&) = delete;

    /// Nobody sends with it for now. Loop thread.
    void retire(std::uint32_t ssrc);
    /// It may be used again. Loop thread.
    void revive(std::uint32_t ssrc);

  private:
    struct State;

    GstElement* webrtcbin_;
    std::shared_ptr<State> state_; ///< with the probe
};

} // namespace spillway::relay
