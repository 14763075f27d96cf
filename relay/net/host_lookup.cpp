#include "relay/net/host_lookup.h"

#include "relay/base/thread_signals.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace spillway::relay {

namespace {

/// As often as the names of webrtc.announce.
constexpr std::chrono::minutes askEvery{1};
constexpr std::chrono::seconds askAgainAfter{5};

} // namespace

struct HostLookup::Answer {
    std::mutex mutex; ///< protects the rest
    bool done = false;
    std::vector<SocketAddress> addresses;
    std::string problem;
};

HostLookup::HostLookup(std::string host, Resolve resolve)
    : host_(std::move(host))
    , resolve_(std::move(resolve))
    , address_(SocketAddress::parse(host_)) {
    isName_ = !address_;
    if (isName_) start(Clock::now());
}

const std::optional<SocketAddress>& HostLookup::address(Clock::time_point now) {
    if (!isName_) return address_;
    if (pending_)
        collect(now);
    else if (address_ ? now >= next_ : retry_.mayTry(now))
        start(now);
    return address_;
}

void HostLookup::doubt(Clock::time_point now) {
    next_ = std::min(next_, std::max(now, asked_ + askAgainAfter));
}

void HostLookup::start(Clock::time_point now) {
    if (!address_ && problem_.empty()) problem_ = fmt::format("looking for host {}", host_);
    asked_ = now;
    try {
        ask();
    } catch (const std::exception& error) {
        failed(fmt::format("cannot look for host {}: {}", host_, error.what()), now);
    }
}

void HostLookup::ask() {
    const auto answer = std::make_shared<Answer>();
    // The resolver cannot be interrupted; it has a deadline of its own, and this object may be gone by then.
    // GResolver makes the same call on a thread of GLib's, but answers on a main loop, which an output's
    // thread does not have, and loses the scope of a link-local address.
    std::thread([host = host_, resolve = resolve_, answer] {
        blockSignals();
        std::vector<SocketAddress> addresses;
        std::string problem;
        try {
            addresses = resolve(host);
        } catch (const std::runtime_error& error) {
            problem = error.what();
        }
        const std::lock_guard lock(answer->mutex);
        answer->addresses = std::move(addresses);
        answer->problem = std::move(problem);
        answer->done = true;
    }).detach();
    pending_ = answer;
}

void HostLookup::collect(Clock::time_point now) {
    const auto answer = pending_;
    const std::lock_guard lock(answer->mutex);
    if (!answer->done) return;
    pending_.reset();
    if (answer->addresses.empty()) return failed(answer->problem, now);
    next_ = now + askEvery;
    found(answer->addresses);
}

void HostLookup::failed(const std::string& problem, Clock::time_point now) {
    next_ = now + askEvery;
    if (address_) return;
    problem_ = problem;
    retry_.failed(now);
}

/// Resolvers give several addresses in ever new order.
void HostLookup::found(const std::vector<SocketAddress>& addresses) {
    problem_.clear();
    if (!address_ || std::find(addresses.begin(), addresses.end(), *address_) == addresses.end())
        address_ = addresses.front();
}

} // namespace spillway::relay
