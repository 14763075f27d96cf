#include "relay/outputs/webrtc/media/thinning.h"

namespace spillway::relay::webrtc {

bool Thinning::passes(const Frame& frame) {
    if (!isOn_) return true;
    if (frame.keyframe) {
        isOn_ = !awaitsKeyframe();
        passing_ = frame.packet->timestamp;
    }
    if (!isOn_ || frame.packet->timestamp == passing_) return true;
    gap_ = true;
    return false;
}

} // namespace spillway::relay::webrtc
