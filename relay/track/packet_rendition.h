// The packets of a track as they come: the track's own tee. Loop thread.
#pragma once

#include "relay/track/rendition.h"
#include "relay/values/media_kind.h"

namespace spillway::relay {

class PacketRendition : public TrackRendition {
  public:
    PacketRendition(gst::Tee& track, MediaKind kind)
        : tee_(track)
        , kind_(kind) {}

    gst::Tee& tee() override { return tee_; }
    bool hasDeltas() const override { return kind_ == MediaKind::video; }

  private:
    gst::Tee& tee_;
    const MediaKind kind_;
};

} // namespace spillway::relay
