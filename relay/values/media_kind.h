// What a track is.
#pragma once

namespace spillway::relay {

enum class MediaKind { video, audio };

} // namespace spillway::relay
