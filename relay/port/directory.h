// Who serves which session. The kernel gives a datagram to the socket that its addresses hash to; a thread
// that does not serve the session asks here who does. A path has one owner, the one whose session proved it
// last. Any thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/port/path.h"
#include "relay/port/stun_message.h"

#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace spillway::relay::port {

/// A thread with sessions of its own on the port.
class SessionOwner {
  public:
    virtual ~SessionOwner() = default;
    /// Any thread: a datagram of a session that is this owner's. Dropped when too many are on their way.
    virtual void pass(Bytes datagram, const Path& path) = 0;
    /// Any thread: another owner's session has proved to be at this path. Whoever had it here is to end.
    virtual void losePath(const Path& path) = 0;
};

/// Owners outlive every thread that may find them here.
class Directory {
  public:
    /// The name of a new session, which no other has, and the tag for its checks.
    SessionTag add(const std::string& ufrag, SessionOwner& owner);
    void remove(const std::string& ufrag, const SessionOwner& owner);
    /// Null when there is none.
    SessionOwner* find(const Addressee& addressee) const;

    /// Another owner that had it is told.
    void take(const Path& path, SessionOwner& owner);
    /// Unless it is another owner's by now.
    void remove(const Path& path, const SessionOwner& owner);
    SessionOwner* find(const Path& path) const;

  private:
    struct Session {
        SessionOwner* owner;
        SessionTag tag;
    };

    mutable std::shared_mutex mutex_; ///< protects all
    std::map<std::string, Session, std::less<>> ufrags_;
    std::unordered_map<SessionTag, SessionOwner*> tags_;
    std::unordered_map<Path, SessionOwner*, PathHash> paths_;
};

} // namespace spillway::relay::port
