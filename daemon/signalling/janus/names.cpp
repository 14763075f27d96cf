#include "daemon/signalling/janus/names.h"

#include "config/name.h"

namespace spillway::daemon::janus {

namespace {

constexpr std::size_t longestName = 64;

std::string numbered(const std::string& name, unsigned number) {
    const std::string suffix = "-" + std::to_string(number);
    return name.substr(0, longestName - suffix.size()) + suffix;
}

} // namespace

const std::string& Names::give(const FeedId& feed, const std::string& display) {
    std::string base = config::toName(display);
    const auto found = given_.find(feed);
    if (found != given_.end() && found->second.base == base) return found->second.name;
    release(feed);
    std::string name = freeName(base);
    taken_.insert(name);
    return given_.emplace(feed, Given{std::move(base), std::move(name)}).first->second.name;
}

void Names::release(const FeedId& feed) {
    const auto given = given_.extract(feed);
    if (!given.empty()) taken_.erase(given.mapped().name);
}

void Names::keepOnly(const std::set<FeedId>& feeds) {
    for (auto given = given_.begin(); given != given_.end();) {
        const FeedId feed = (given++)->first;
        if (!feeds.contains(feed)) release(feed);
    }
}

std::string Names::freeName(const std::string& base) const {
    std::string name = base;
    for (unsigned number = 2; taken_.contains(name); ++number)
        name = numbered(base, number);
    return name;
}

} // namespace spillway::daemon::janus
