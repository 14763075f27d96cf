// One form of a track's media while somebody wants it: the tee that branches attach to, and what a branch
// must know of the buffers. A new rendition is a class, a word of the enum Rendition and a line in
// makeRendition.
//
// Owner: its branches together; with the last of them it goes. Loop thread.
#pragma once

#include "relay/gst/tee.h"
#include "relay/values/rendition.h"

#include <memory>

namespace spillway::relay {

class TrackInput;

class TrackRendition {
  public:
    virtual ~TrackRendition() = default;

    virtual gst::Tee& tee() = 0;
    /// Whether a buffer may depend on others: the flag DELTA_UNIT then tells which do. Else decoding can
    /// start with each.
    virtual bool hasDeltas() const = 0;
};

/// Of what comes from `input`, which must outlast it. Throws std::runtime_error when this cannot be made of
/// its codec.
std::shared_ptr<TrackRendition> makeRendition(Rendition rendition, TrackInput& input);

} // namespace spillway::relay
