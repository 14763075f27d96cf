// The last words to a client that is still sending: the answer, then reading on for a moment, so that the
// answer is not lost to a reset (RFC 9112 section 9.6), then the end.
//
// Owns itself; it ends when the client closes, has sent too much more, or the connection's deadline passes.
// Loop thread.
#pragma once

#include "daemon/glib/object.h"
#include "daemon/http/message.h"

#include <chrono>

namespace spillway::daemon::http {

/// A connection that is shut down still gives what is in its buffers: `time` bounds that too.
void sayFarewell(glib::Object<GIOStream> stream, const Response& response, std::chrono::milliseconds time);

} // namespace spillway::daemon::http
