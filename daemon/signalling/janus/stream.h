// What identifies a publisher and its streams in Janus. Plain values.
#pragma once

#include <set>
#include <string>

namespace spillway::daemon::janus {

/// A publisher: a number, or text where Janus has `string_ids`; kept as JSON text.
using FeedId = std::string;

/// A stream of a publisher. Lines are recycled, this is not.
struct Stream {
    FeedId feed;
    std::string mid; ///< in the publisher's session, not in ours

    auto operator<=>(const Stream&) const = default; // NOLINT(modernize-use-nullptr): sees a zero in it
};
using Streams = std::set<Stream>;

} // namespace spillway::daemon::janus
