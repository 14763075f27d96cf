#include "daemon/signalling/janus/offers.h"

namespace spillway::daemon::janus {

void Offers::add(SfuOffer offer) {
    if (open_ != Open::none) {
        next_ = std::move(offer);
        return;
    }
    open_ = Open::current;
    give_(std::move(offer));
}

void Offers::outdate() {
    if (open_ == Open::current) open_ = Open::outdated;
    next_.reset();
}

bool Offers::answered() {
    const bool current = std::exchange(open_, Open::none) == Open::current;
    if (auto next = std::exchange(next_, std::nullopt)) add(std::move(*next));
    return current;
}

void Offers::clear() {
    open_ = Open::none;
    next_.reset();
}

} // namespace spillway::daemon::janus
