#include "relay/outputs/place.h"

#include "relay/base/aside.h"

#include <exception>
#include <utility>

namespace spillway::relay {

namespace {

/// A disk that has to spin up takes longer, and is taken when it has; one that is well takes less than 1 ms.
constexpr std::chrono::milliseconds patience{200};

/// How long the loop waits for an answer: 50 ms beside one silent place, 8 ms beside eight. So a hundred
/// silent places cost it half a second in all, and one that is well is known at once beside any of them.
std::chrono::milliseconds patienceBeside(int silent) {
    return patience / (1 + 3 * silent);
}

} // namespace

Place::Place(std::filesystem::path path, Look look)
    : path_(std::move(path))
    , look_(std::move(look)) {
    start();
    if (!pending_.valid()) return;
    if (pending_.wait_for(patienceBeside(Silence::count)) != std::future_status::ready) silence_.emplace();
}

std::optional<Refused> Place::problem() {
    if (!found_ && !pending_.valid() && retry_.mayTry(Clock::now())) start();
    if (pending_.valid()) collect();
    if (found_) return std::nullopt;
    if (pending_.valid() && (!problem_ || Clock::now() - since_ > patience))
        return Refused(Refused::Kind::limit, path_.string() + ": the file system does not answer");
    return problem_;
}

void Place::start() {
    since_ = Clock::now();
    try {
        pending_ = aside(path_, look_);
    } catch (const std::exception& error) {
        problem_.emplace(Refused::Kind::limit, path_.string() + ": " + error.what());
        retry_.failed(since_);
    }
}

void Place::collect() {
    if (pending_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    silence_.reset();
    try {
        found_ = pending_.get();
    } catch (const std::exception& error) {
        problem_.emplace(Refused::Kind::invalid, error.what());
        retry_.failed(Clock::now());
    }
}

} // namespace spillway::relay
