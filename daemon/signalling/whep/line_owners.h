// Who sends on the lines of a WHEP session's descriptions. Pure code, any thread.
#pragma once

#include "relay/call/call.h"

#include <string>

namespace spillway::daemon::whep {

/// The lines of our offer: `0` is video, `1` is audio.
relay::LineOwners ownersOfOurOffer(const std::string& participant);

/// The audio and video lines of a server's offer that send: `video`, `audio`, and from the second of a kind
/// on `video-2` … Empty when it is no description; the relay then says what is wrong with it.
relay::LineOwners ownersOf(const std::string& sdp, const std::string& participant);

} // namespace spillway::daemon::whep
