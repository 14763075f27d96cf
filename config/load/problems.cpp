#include "config/load/problems.h"

#include <algorithm>
#include <tuple>

namespace spillway::config {

std::size_t Problems::addSource(std::string name) {
    sources_.push_back(std::move(name));
    return sources_.size() - 1;
}

void Problems::add(const Place& place, std::string key, std::string message) {
    if (isFull()) {
        ++unlisted_;
        return;
    }
    problems_.push_back(
        {place, {sources_[place.source], place.line, place.column, std::move(key), std::move(message)}});
}

std::vector<Problem> Problems::take() {
    std::stable_sort(problems_.begin(), problems_.end(), [](const Placed& a, const Placed& b) {
        const auto order = [](const Place& p) { return std::tuple(p.source, p.line, p.column); };
        return order(a.place) < order(b.place);
    });
    std::vector<Problem> result;
    for (Placed& placed : problems_)
        result.push_back(std::move(placed.problem));
    if (unlisted_ > 0)
        result.push_back({sources_.front(), 0, 0, "", "and " + std::to_string(unlisted_) + " more problems"});
    return result;
}

} // namespace spillway::config
