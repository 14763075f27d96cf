#include "relay/net/host_lookup.h"

#include <fmt/core.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace spillway::relay {

struct HostLookup::Answer {
    std::mutex mutex; ///< protects the rest
    bool done = false;
    std::optional<SocketAddress> address;
    std::string problem;
};

HostLookup::HostLookup(std::string host)
    : host_(std::move(host))
    , address_(SocketAddress::parse(host_)) {
    if (!address_) start();
}

const std::optional<SocketAddress>& HostLookup::address() {
    if (address_) return address_;
    if (pending_)
        collect();
    else if (retry_.mayTry(std::chrono::steady_clock::now()))
        start();
    return address_;
}

void HostLookup::start() {
    if (problem_.empty()) problem_ = fmt::format("looking for host {}", host_);
    pending_ = std::make_shared<Answer>();
    // The resolver cannot be interrupted; it has a deadline of its own, and this object may be gone by then.
    // GResolver makes the same call on a thread of GLib's, but answers on a main loop, which an output's
    // thread does not have, and loses the scope of a link-local address.
    std::thread([host = host_, answer = pending_] {
        std::optional<SocketAddress> address;
        std::string problem;
        try {
            address = SocketAddress::lookUp(host);
        } catch (const std::runtime_error& error) {
            problem = error.what();
        }
        const std::lock_guard lock(answer->mutex);
        answer->address = address;
        answer->problem = std::move(problem);
        answer->done = true;
    }).detach();
}

void HostLookup::collect() {
    const auto answer = pending_;
    const std::lock_guard lock(answer->mutex);
    if (!answer->done) return;
    pending_.reset();
    address_ = answer->address;
    problem_ = answer->problem;
    if (!address_) retry_.failed(std::chrono::steady_clock::now());
}

} // namespace spillway::relay
