// Which stream each line of our subscription carries, and what is to be asked for. Pure.
#pragma once

#include "daemon/signalling/janus/json.h"
#include "daemon/signalling/janus/stream.h"

#include <map>
#include <string>
#include <vector>

namespace spillway::daemon::janus {

/// What an `update` asks for.
struct LineChange {
    Streams subscribe;
    std::vector<std::string> unsubscribe; ///< our mids

    bool empty() const { return subscribe.empty() && unsubscribe.empty(); }
};

class Lines {
  public:
    /// `streams[]` of `attached` and `updated`: all lines, those that carry something and those that do not.
    void read(const Json& streams);
    void forget(const FeedId& feed);
    /// Lines of these mids carry nothing.
    void drop(const std::vector<std::string>& mids);
    void clear();

    /// By the mid of our subscription.
    const std::map<std::string, Stream>& carried() const { return carried_; }
    LineChange changeTo(const Streams& wished) const;

    /// Janus is to send this stream or not.
    void want(const Stream& stream, bool wanted);
    /// Mids whose sending differs from what is wanted, and what it is to be; taken as done.
    std::map<std::string, bool> takeSends();
    /// What was taken as done may be lost: takeSends() gives all lines.
    void doubtSends();

  private:
    std::map<std::string, Stream> carried_;
    std::set<std::string> paused_; ///< mids that Janus does not send
    Streams unwanted_;
};

} // namespace spillway::daemon::janus
