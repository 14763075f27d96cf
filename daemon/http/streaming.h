// The body of an answer that goes on until its source or its client ends it.
//
// Comes in: pieces from the source, one at a time, each asked for once the one before has been written; that
// a client closes, that the time of its token is over. Goes out: pieces to libsoup. Nothing gathers here: a
// client that does not read makes its source wait, and is cut off after the time that an answer may take.
// Owner: Exchange. Loop thread.
//
// libsoup 3.2 (Debian 12) looks at a connection only while it writes, so that watch() looks at the socket.
// Where a later one emits `disconnected` for a paused message, that replaces watch().
#pragma once

#include "daemon/http/connections.h"
#include "daemon/http/message.h"
#include "daemon/wall_timer.h"
#include "relay/base/source.h"

#include <libsoup/soup.h>

#include <memory>
#include <optional>

namespace spillway::daemon::http {

class Streaming {
  public:
    /// The head of the answer is complete but for its encoding. `source` begins here, and ends at `end`.
    Streaming(const std::shared_ptr<Connections>& connections, SoupServerMessage* message,
              const MakeBodySource& makeSource, const std::optional<WallTime>& end);
    Streaming(const Streaming&) = delete;
    Streaming& operator=(const Streaming&) = delete;

    /// From the message's `wrote-body-data`.
    void onWritten(std::size_t bytes);

  private:
    void watch();
    void pump();
    void append(const std::string& piece);
    void complete();
    void onHangup();
    GSocketAddress* remote() const { return soup_server_message_get_remote_address(message_.get()); }
    SoupMessageBody* body() const { return soup_server_message_get_response_body(message_.get()); }

    std::weak_ptr<Connections> connections_;
    glib::Object<SoupServerMessage> message_;
    std::size_t writing_ = 0; ///< bytes of the piece that is under way
    bool completed_ = false;
    std::unique_ptr<BodySource> source_;
    relay::Source hangup_;
    WallTimer end_;
};

} // namespace spillway::daemon::http
