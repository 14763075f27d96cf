#include "config/url.h"

#include "config/address.h"
#include "config/quote.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spillway::config {

namespace {

std::string shown(std::string_view url) {
    return url.find('@') == std::string_view::npos ? quote(url) : "this";
}

[[noreturn]] void refuseIce(std::string_view url, const std::string& why) {
    throw std::invalid_argument(
        shown(url) + " is not a STUN or TURN URL: " + why +
        "; allowed are stun:HOST:PORT, stuns:HOST:PORT, turn:HOST:PORT, turns:HOST:PORT, the "
        "last two also with ?transport=udp or ?transport=tcp");
}

[[noreturn]] void refuseOrigin(std::string_view origin, const std::string& why) {
    throw std::invalid_argument(shown(origin) + " is not an origin: " + why +
                                "; allowed are https://HOST, http://HOST, both also with :PORT, and *");
}

void checkTransport(std::string_view url, std::string_view scheme, std::string_view query) {
    if (!scheme.starts_with("turn")) refuseIce(url, "only TURN takes what follows the ?");
    if (query != "transport=udp" && query != "transport=tcp") refuseIce(url, "the transport is not known");
}

} // namespace

void checkIceUrl(std::string_view url) {
    static constexpr std::array<std::string_view, 4> schemes{"stun", "stuns", "turn", "turns"};
    if (url.find('@') != std::string_view::npos)
        refuseIce(url, "user and password have keys of their own, username and password");
    const std::size_t colon = url.find(':');
    const std::string_view scheme = url.substr(0, colon);
    if (colon == std::string_view::npos || std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
        refuseIce(url, "it begins with no such scheme");
    const std::size_t question = url.find('?');
    if (question != std::string_view::npos) checkTransport(url, scheme, url.substr(question + 1));
    const std::string_view authority = url.substr(0, question).substr(colon + 1);
    if (authority.starts_with("//")) refuseIce(url, "there are no slashes after the scheme");
    const auto split = splitHostPort(authority);
    if (!split || split->port == 0) refuseIce(url, "the host or port is not valid");
}

bool isTurnUrl(std::string_view url) {
    return url.starts_with("turn");
}

void checkOrigin(std::string_view origin) {
    if (origin == "*") return;
    const std::size_t slashes = origin.find("://");
    const std::string_view scheme = origin.substr(0, slashes);
    if (slashes == std::string_view::npos || (scheme != "https" && scheme != "http"))
        refuseOrigin(origin, "it does not begin with https:// or http://");
    const std::string_view authority = origin.substr(slashes + 3);
    if (authority.find('/') != std::string_view::npos) refuseOrigin(origin, "it has a path");
    const auto split = splitHostPort(authority);
    if (!split || split->port == 0) refuseOrigin(origin, "the host or port is not valid");
}

} // namespace spillway::config
