// Access units of a track for all who want them: tee → depayloader → parser → tee of its own → branches.
//
// Exists while somebody wants it; with the last it is unlinked from the track's tee and disposed whole. Loop
// thread.
#pragma once

#include "relay/gst/tee.h"
#include "relay/track/branch.h"

#include <memory>
#include <string>

namespace spillway::relay {

class EncodedRendition {
  public:
    /// `encoding` is the encoding-name of the track's caps. Throws std::runtime_error when there is no
    /// depayloader for it, or when GStreamer lacks the element.
    EncodedRendition(gst::Tee& track, const std::string& encoding);
    ~EncodedRendition();

    /// Branches attach here; they must be gone before this object is.
    gst::Tee& tee() { return *tee_; }

    static bool supports(const std::string& encoding);

  private:
    gst::Ref<GstElement> bin_;
    std::unique_ptr<gst::Tee> tee_;
    std::unique_ptr<gst::TeeBranch> branch_;
};

} // namespace spillway::relay
