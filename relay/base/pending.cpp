#include "relay/base/pending.h"

#include <algorithm>
#include <utility>

namespace spillway::relay {

Pending::Place::Place(Place&& other) noexcept
    : pending_(std::exchange(other.pending_, nullptr))
    , id_(other.id_) {}

Pending::Place& Pending::Place::operator=(Place&& other) noexcept {
    std::swap(pending_, other.pending_);
    std::swap(id_, other.id_);
    return *this;
}

Pending::Place::~Place() {
    if (pending_) pending_->remove(id_);
}

Pending::Place Pending::add(const std::string& client, std::function<void()> end) {
    makePlaceFor(client);
    const Id id = ++last_;
    sessions_[id] = {client, std::move(end)};
    waiting_[client].insert(id);
    return {*this, id};
}

void Pending::makePlaceFor(const std::string& client) {
    const auto own = waiting_.find(client);
    if (own != waiting_.end() && own->second.size() >= limits_.each)
        crowdOut(*own->second.begin());
    else if (sessions_.size() >= limits_.inAll)
        crowdOut(*fullest()->second.begin());
}

void Pending::crowdOut(Id id) {
    const auto end = std::move(sessions_.at(id).end);
    remove(id);
    end();
}

void Pending::remove(Id id) {
    const auto session = sessions_.extract(id);
    if (session.empty()) return;
    const auto own = waiting_.find(session.mapped().client);
    own->second.erase(id);
    if (own->second.empty()) waiting_.erase(own);
}

Pending::Waiting::const_iterator Pending::fullest() const {
    return std::max_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
        const auto &one = a.second, &other = b.second;
        return one.size() != other.size() ? one.size() < other.size() : *one.begin() > *other.begin();
    });
}

} // namespace spillway::relay
