// Who is in the room and what they publish, from what Janus sends to the observer. Pure.
//
// Comes in: publishers[], joining, unpublished, leaving, moderation. Goes out: members, the streams to
// subscribe to, and whose each stream is. Events may come twice. Owner: JanusConnector. Loop thread.
#pragma once

#include "daemon/signalling/janus/json.h"
#include "daemon/signalling/janus/names.h"
#include "daemon/signalling/janus/sources.h"
#include "daemon/signalling/janus/stream.h"
#include "relay/call/call.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spillway::daemon::janus {

class Roster {
  public:
    /// What is beyond is not followed: a room is no more than a few hundred people.
    static constexpr std::size_t maxFeeds = 1000;
    static constexpr std::size_t maxStreams = 32;

    explicit Roster(Names& names)
        : names_(names) {}

    /// The whole of the room: a `joined` event.
    void reset(const Json& joined);
    /// `publishers`: each in it is there with these streams and no others. Gives the feeds in it.
    std::vector<FeedId> publish(const Json& publishers);
    /// `joining`, or one of `attendees`: is there and publishes nothing yet.
    void join(const Json& user);
    void unpublish(const FeedId& feed);
    void leave(const FeedId& feed);
    void moderate(const Stream& stream, bool muted);

    std::vector<relay::Member> members() const;
    /// All that can be subscribed to.
    Streams streams() const;
    /// Nothing for a stream that is gone, disabled or muted by a moderator.
    std::optional<relay::LineOwner> owner(const Stream& stream) const;
    std::optional<Stream> find(const relay::LineOwner& owner) const;

    static FeedId idOf(const Json& id);

  private:
    struct Feed {
        std::string name;
        std::string display;
        std::vector<FeedStream> streams; ///< in the order of their lines
    };

    Feed* meet(const Json& user);
    const FeedStream* streamOf(const Stream& stream) const;

    Names& names_;
    std::map<FeedId, Feed> feeds_;
};

} // namespace spillway::daemon::janus
