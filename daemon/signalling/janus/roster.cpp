#include "daemon/signalling/janus/roster.h"

#include "config/name.h"

#include <algorithm>

namespace spillway::daemon::janus {

namespace {

/// Of a feed, or of a line; no SFU has such.
constexpr std::size_t longestId = 256;

bool isCarried(const FeedStream& stream) {
    return !stream.disabled && !stream.source.empty();
}

/// Audio and video; Janus lists them in the order of their lines.
std::vector<FeedStream> read(const Json& list) {
    std::vector<FeedStream> streams;
    if (!list.is_array()) return streams;
    for (const auto& item : list) {
        const std::string type = textOf(item, "type");
        FeedStream stream;
        stream.mid = textOf(item, "mid");
        stream.video = type == "video";
        stream.screen = describesScreen(textOf(item, "description"));
        stream.disabled = isTrue(item, "disabled");
        stream.moderated = isTrue(item, "moderated");
        if ((stream.video || type == "audio") && !stream.mid.empty() && stream.mid.size() <= longestId &&
            streams.size() < Roster::maxStreams)
            streams.push_back(std::move(stream));
    }
    return streams;
}

} // namespace

FeedId Roster::idOf(const Json& id) {
    return isNumber(id) || id.is_string() ? dump(id) : FeedId();
}

Roster::Feed* Roster::meet(const Json& user) {
    const FeedId id = idOf(at(user, "id"));
    if (id.empty() || id.size() > longestId || (feeds_.size() >= maxFeeds && !feeds_.contains(id)))
        return nullptr;
    Feed& feed = feeds_[id];
    const std::string display = textOf(user, "display");
    feed.display = config::toDisplay(display);
    feed.name = names_.give(id, display);
    return &feed;
}

void Roster::reset(const Json& joined) {
    std::set<FeedId> there;
    for (const char* key : {"publishers", "attendees"})
        for (const auto& user : at(joined, key))
            there.insert(idOf(at(user, "id")));
    names_.keepOnly(there);
    std::erase_if(feeds_, [&](const auto& item) { return !there.contains(item.first); });
    publish(at(joined, "publishers"));
    for (const auto& user : at(joined, "attendees")) {
        join(user);
        unpublish(idOf(at(user, "id")));
    }
}

std::vector<FeedId> Roster::publish(const Json& publishers) {
    std::vector<FeedId> ids;
    if (!publishers.is_array()) return ids;
    for (const auto& publisher : publishers) {
        Feed* feed = meet(publisher);
        if (feed == nullptr) continue;
        auto streams = read(at(publisher, "streams"));
        keepSources(streams, feed->streams);
        nameSources(streams);
        feed->streams = std::move(streams);
        ids.push_back(idOf(at(publisher, "id")));
    }
    return ids;
}

void Roster::join(const Json& user) {
    meet(user);
}

void Roster::unpublish(const FeedId& feed) {
    const auto found = feeds_.find(feed);
    if (found != feeds_.end()) found->second.streams.clear();
}

void Roster::leave(const FeedId& feed) {
    feeds_.erase(feed);
    names_.release(feed);
}

void Roster::moderate(const Stream& stream, bool muted) {
    const auto feed = feeds_.find(stream.feed);
    if (feed == feeds_.end()) return;
    for (auto& candidate : feed->second.streams)
        if (candidate.mid == stream.mid) candidate.moderated = muted;
}

std::vector<relay::Member> Roster::members() const {
    std::vector<relay::Member> members;
    members.reserve(feeds_.size());
    for (const auto& [id, feed] : feeds_)
        members.push_back({feed.name, feed.display});
    return members;
}

Streams Roster::streams() const {
    Streams streams;
    for (const auto& [id, feed] : feeds_)
        for (const auto& stream : feed.streams)
            if (isCarried(stream)) streams.insert({id, stream.mid});
    return streams;
}

const FeedStream* Roster::streamOf(const Stream& stream) const {
    const auto feed = feeds_.find(stream.feed);
    if (feed == feeds_.end()) return nullptr;
    const auto& streams = feed->second.streams;
    const auto found = std::find_if(streams.begin(), streams.end(),
                                    [&](const FeedStream& candidate) { return candidate.mid == stream.mid; });
    return found == streams.end() ? nullptr : &*found;
}

std::optional<relay::LineOwner> Roster::owner(const Stream& stream) const {
    const FeedStream* found = streamOf(stream);
    if (found == nullptr || !isCarried(*found) || found->moderated) return {};
    return relay::LineOwner{feeds_.at(stream.feed).name, found->source};
}

std::optional<Stream> Roster::find(const relay::LineOwner& owner) const {
    for (const auto& [id, feed] : feeds_)
        for (const auto& stream : feed.streams)
            if (feed.name == owner.participant && stream.source == owner.source)
                return Stream{id, stream.mid};
    return {};
}

} // namespace spillway::daemon::janus
