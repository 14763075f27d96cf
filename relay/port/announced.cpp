#include "relay/port/announced.h"

#include "relay/base/log.h"

#include <algorithm>
#include <utility>

namespace spillway::relay::port {

namespace {

/// A resolver that blocks a name may say 0.0.0.0.
bool canBeSentTo(const SocketAddress& address) {
    return !address.isWildcard() && !address.isMulticast();
}

std::vector<SocketAddress> usable(const std::vector<SocketAddress>& found, std::uint16_t port) {
    std::vector<SocketAddress> addresses;
    for (const auto& address : found)
        if (canBeSentTo(address) && addresses.size() < Announced::mostOfName)
            addresses.push_back(address.withPort(port));
    return addresses;
}

/// A resolver gives them in another order each time.
bool areSame(const std::vector<SocketAddress>& before, const std::vector<SocketAddress>& now) {
    return std::is_permutation(before.begin(), before.end(), now.begin(), now.end());
}

std::string hosts(const std::vector<SocketAddress>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ",") + address.host();
    return text;
}

} // namespace

Announced::Announced(const std::vector<config::HostPort>& announce)
    : places_(announce.size()) {
    for (std::size_t i = 0; i < announce.size(); ++i) {
        Place& place = places_[i];
        place.port = announce[i].port.value_or(0);
        if (const auto number = SocketAddress::parse(announce[i].host))
            place.addresses = {number->withPort(place.port)};
        else
            place.name = announce[i].host;
    }
}

void Announced::follow(Loop& loop, LookUpName lookUp, LookUpPauses pauses) {
    loop_ = &loop;
    lookUp_ = std::move(lookUp);
    pauses_ = pauses;
    for (Place& place : places_)
        if (!place.name.empty()) ask(place);
}

std::vector<SocketAddress> Announced::addresses() const {
    std::vector<SocketAddress> addresses;
    for (const Place& place : places_)
        addresses.insert(addresses.end(), place.addresses.begin(), place.addresses.end());
    return addresses;
}

void Announced::ask(Place& place) {
    lookUp_(place.name, lifetime_.guard([this, &place](const NameFound& found) { take(place, found); }));
}

void Announced::take(Place& place, const NameFound& found) {
    const auto addresses = usable(found.addresses, place.port);
    if (addresses.empty()) {
        if (!place.missed)
            log::warn("announced name not found name={} problem=\"{}\" kept={}", place.name,
                      found.problem.empty() ? "nothing can be sent to its addresses" : found.problem,
                      hosts(place.addresses));
    } else {
        if (place.missed || !areSame(place.addresses, addresses))
            log::info("announced name found name={} addresses={}", place.name, hosts(addresses));
        place.addresses = addresses;
    }
    place.missed = addresses.empty();
    const auto pause = place.addresses.empty() ? pauses_.whileUnknown : pauses_.again;
    place.next = loop_->after(pause, [this, &place] { ask(place); });
}

} // namespace spillway::relay::port
