#include "daemon/signalling/janus/names.h"

#include "config/name.h"

#include <algorithm>

namespace spillway::daemon::janus {

namespace {

constexpr std::size_t longestName = 64;

std::string numbered(const std::string& name, unsigned number) {
    const std::string suffix = "-" + std::to_string(number);
    return name.substr(0, longestName - suffix.size()) + suffix;
}

} // namespace

const std::string& Names::give(const FeedId& feed, const std::string& display) {
    const auto found = given_.find(feed);
    if (found != given_.end()) {
        if (found->second.display == display) return found->second.name;
        given_.erase(found);
    }
    std::string name = freeName(display);
    return given_.insert_or_assign(feed, Given{display, std::move(name)}).first->second.name;
}

void Names::keepOnly(const std::set<FeedId>& feeds) {
    std::erase_if(given_, [&](const auto& item) { return !feeds.contains(item.first); });
}

bool Names::taken(const std::string& name) const {
    return std::any_of(given_.begin(), given_.end(),
                       [&](const auto& item) { return item.second.name == name; });
}

std::string Names::freeName(const std::string& display) const {
    const std::string base = config::toName(display);
    std::string name = base;
    for (unsigned number = 2; taken(name); ++number)
        name = numbered(base, number);
    return name;
}

} // namespace spillway::daemon::janus
