#include "relay/outputs/place.h"

#include "relay/base/aside.h"

#include <exception>
#include <utility>

namespace spillway::relay {

namespace {

/// A disk that has to spin up takes longer, and is taken when it has; one that is well takes less than 1 ms.
constexpr std::chrono::milliseconds patience{200};

} // namespace

Place::Place(std::string name, Look look)
    : name_(std::move(name))
    , look_(std::move(look)) {
    start();
    if (!pending_.valid()) return;
    if (Silence::count > 0 || pending_.wait_for(patience) != std::future_status::ready) silence_.emplace();
}

std::optional<Refused> Place::problem() {
    if (!found_ && !pending_.valid() && retry_.mayTry(Clock::now())) start();
    if (pending_.valid()) collect();
    if (found_) return std::nullopt;
    if (pending_.valid() && (problem_.empty() || Clock::now() - since_ > patience))
        return Refused(Refused::Kind::limit, name_ + ": the file system does not answer");
    return Refused(Refused::Kind::invalid, problem_);
}

void Place::start() {
    since_ = Clock::now();
    try {
        pending_ = aside(look_);
    } catch (const std::exception& error) {
        problem_ = name_ + ": " + error.what();
        retry_.failed(since_);
    }
}

void Place::collect() {
    if (pending_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    silence_.reset();
    try {
        found_ = pending_.get();
    } catch (const std::exception& error) {
        problem_ = error.what();
        retry_.failed(Clock::now());
    }
}

} // namespace spillway::relay
