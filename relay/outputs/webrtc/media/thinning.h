// Which frames of a track go out to one viewer: all, or, over a path that does not take them, keyframes
// alone, until the first one after the path is well.
//
// Comes in: what the viewer reports, and frames in order. Goes out: whether a frame passes, and where some
// were left out. Sound passes whole. One thread at a time.
#pragma once

#include "relay/outputs/webrtc/media/path_health.h"
#include "relay/queue/frame.h"
#include "relay/values/media_kind.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace spillway::relay::webrtc {

class Thinning {
  public:
    explicit Thinning(MediaKind kind)
        : isVideo_(kind == MediaKind::video) {}

    void onReport(const PathHealth::Report& report) {
        if (health_.onReport(report) == PathHealth::Verdict::keyframes) isOn_ = isVideo_;
    }

    bool isOn() const { return isOn_; }
    /// Only a keyframe is missing for all to pass again.
    bool awaitsKeyframe() const { return isOn_ && health_.verdict() == PathHealth::Verdict::whole; }
    /// The path takes so little that nothing may be sent any more (RFC 8083).
    bool isBroken() const { return health_.verdict() == PathHealth::Verdict::broken; }

    /// Of a frame that is a packet.
    bool passes(const Frame& frame);
    /// Whether frames were left out since this was asked last.
    bool takeGap() { return std::exchange(gap_, false); }

  private:
    const bool isVideo_;
    PathHealth health_;
    bool isOn_ = false;
    bool gap_ = false;
    std::optional<std::uint32_t> passing_; ///< timestamp of the keyframe
};

} // namespace spillway::relay::webrtc
