// Access units of a track for all who want them: tee → depayloader → parser → tee of its own → branches. With
// the last branch it is unlinked from the track's tee and disposed whole. Loop thread.
#pragma once

#include "relay/track/rendition.h"
#include "relay/values/media_kind.h"

#include <memory>
#include <string>

namespace spillway::relay {

class EncodedRendition : public TrackRendition {
  public:
    /// `encoding` is the encoding-name of the track's caps. Throws std::runtime_error when there is no
    /// depayloader for it, or when GStreamer lacks the element.
    EncodedRendition(gst::Tee& track, MediaKind kind, const std::string& encoding);
    ~EncodedRendition() override;
    EncodedRendition(const EncodedRendition&) = delete;
    EncodedRendition& operator=(const EncodedRendition&) = delete;

    gst::Tee& tee() override { return *tee_; }
    bool hasDeltas() const override { return kind_ == MediaKind::video; }

  private:
    const MediaKind kind_;
    gst::Ref<GstElement> bin_;
    std::unique_ptr<gst::Tee> tee_;
    std::unique_ptr<gst::TeeBranch> branch_;
};

} // namespace spillway::relay
