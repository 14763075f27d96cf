// The last words to a client that is still sending: the answer, then reading on for a moment, so that the
// answer is not lost to a reset (RFC 9112 section 9.6), then the end.
//
// Owns itself; it ends when the client closes, has sent too much more, or the time is over. Loop thread.
//
// libsoup answers only once it has read the whole body. Goes when it can answer before, and skip the rest.
#pragma once

#include "daemon/glib/object.h"
#include "daemon/http/message.h"

#include <chrono>

namespace spillway::daemon::http {

struct FarewellTo {
    glib::Object<GIOStream> stream;
    glib::Object<GSocket> socket; ///< beneath the stream
};

/// `time` is looked at when something comes; that nothing comes is for the connection's deadline.
void sayFarewell(FarewellTo client, const Response& response, std::chrono::milliseconds time);

} // namespace spillway::daemon::http
