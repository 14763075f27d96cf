#include "daemon/signalling/janus/lines.h"

#include "daemon/signalling/janus/roster.h"

#include <algorithm>

namespace spillway::daemon::janus {

void Lines::read(const Json& streams) {
    carried_.clear();
    paused_.clear();
    if (!streams.is_array()) return;
    Streams there;
    for (const auto& line : streams) {
        const std::string mid = textOf(line, "mid");
        Stream stream{Roster::idOf(at(line, "feed_id")), textOf(line, "feed_mid")};
        if (!isTrue(line, "active") || mid.empty() || stream.feed.empty() || stream.mid.empty()) continue;
        if (at(line, "send") == Json(false)) paused_.insert(mid);
        there.insert(stream);
        carried_.insert_or_assign(mid, std::move(stream));
    }
    std::erase_if(unwanted_, [&](const Stream& stream) { return !there.contains(stream); });
}

void Lines::forget(const FeedId& feed) {
    std::erase_if(carried_, [&](const auto& line) { return line.second.feed == feed; });
    std::erase_if(unwanted_, [&](const Stream& stream) { return stream.feed == feed; });
}

void Lines::drop(const std::vector<std::string>& mids) {
    for (const auto& mid : mids)
        carried_.erase(mid);
}

void Lines::clear() {
    carried_.clear();
    paused_.clear();
    unwanted_.clear();
}

LineChange Lines::changeTo(const Streams& wished) const {
    LineChange change;
    change.subscribe = wished;
    for (const auto& [mid, stream] : carried_)
        if (change.subscribe.erase(stream) == 0) change.unsubscribe.push_back(mid);
    return change;
}

void Lines::want(const Stream& stream, bool wanted) {
    if (wanted)
        unwanted_.erase(stream);
    else
        unwanted_.insert(stream);
}

std::map<std::string, bool> Lines::takeSends() {
    std::map<std::string, bool> sends;
    for (const auto& [mid, stream] : carried_) {
        const bool pause = unwanted_.contains(stream);
        if (pause == paused_.contains(mid)) continue;
        sends.emplace(mid, !pause);
        if (pause)
            paused_.insert(mid);
        else
            paused_.erase(mid);
    }
    return sends;
}

void Lines::doubtSends() {
    paused_.clear();
    for (const auto& [mid, stream] : carried_)
        if (!unwanted_.contains(stream)) paused_.insert(mid);
}

} // namespace spillway::daemon::janus
