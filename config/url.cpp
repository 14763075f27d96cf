#include "config/url.h"

#include "config/address.h"
#include "config/quote.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spillway::config {

namespace {

/// Hides the URL if it may contain a password or, in its query, a token.
std::string shown(std::string_view url) {
    return url.find_first_of("@?") == std::string_view::npos ? quote(url) : "this";
}

[[noreturn]] void refuseIce(std::string_view url, const std::string& why) {
    throw std::invalid_argument(
        shown(url) + " is not a STUN or TURN URL: " + why +
        "; allowed: stun:HOST:PORT, stuns:HOST:PORT, turn:HOST:PORT, turns:HOST:PORT, the "
        "last two also with ?transport=udp or ?transport=tcp");
}

[[noreturn]] void refuseOrigin(std::string_view origin, const std::string& why) {
    throw std::invalid_argument(shown(origin) + " is not an origin: " + why +
                                "; allowed: https://HOST, http://HOST, both also with :PORT, and *");
}

/// How a kind of URL begins, and what to call it.
struct Schemes {
    const char* plain;
    const char* secure;
    const char* what;
};

[[noreturn]] void refuseUrl(const Schemes& schemes, std::string_view url, const std::string& why) {
    throw std::invalid_argument(shown(url) + " is not " + schemes.what + ": " + why +
                                "; allowed: " + schemes.secure + "HOST and " + schemes.plain +
                                "HOST, both also with :PORT, /PATH and ?QUERY");
}

bool isUrlByte(char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

void checkUrl(const Schemes& schemes, std::string_view url) {
    const std::string_view scheme = url.starts_with(schemes.secure) ? schemes.secure : schemes.plain;
    if (!url.starts_with(scheme))
        refuseUrl(schemes, url,
                  std::string("it does not begin with ") + schemes.secure + " or " + schemes.plain);
    if (!std::all_of(url.begin(), url.end(), isUrlByte))
        refuseUrl(schemes, url, "it contains a byte that must be written as %XX");
    if (url.find('#') != std::string_view::npos) refuseUrl(schemes, url, "it must not have a fragment (#)");
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.find('@') != std::string_view::npos)
        refuseUrl(schemes, url, "it must not contain a user or password");
    const auto split = splitHostPort(authority);
    if (!split || split->port == 0) refuseUrl(schemes, url, "the host or port is invalid");
}

void checkTransport(std::string_view url, std::string_view scheme, std::string_view query) {
    if (!scheme.starts_with("turn")) refuseIce(url, "only TURN URLs may have a query (?)");
    if (query != "transport=udp" && query != "transport=tcp") refuseIce(url, "the transport is unknown");
}

} // namespace

void checkIceUrl(std::string_view url) {
    static constexpr std::array<std::string_view, 4> schemes{"stun", "stuns", "turn", "turns"};
    if (url.find('@') != std::string_view::npos)
        refuseIce(url, "user and password belong in the keys username and password");
    const std::size_t colon = url.find(':');
    const std::string_view scheme = url.substr(0, colon);
    if (colon == std::string_view::npos || std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
        refuseIce(url, "it does not begin with one of these schemes");
    const std::size_t question = url.find('?');
    if (question != std::string_view::npos) checkTransport(url, scheme, url.substr(question + 1));
    const std::string_view authority = url.substr(0, question).substr(colon + 1);
    if (authority.starts_with("//")) refuseIce(url, "there are no slashes after the scheme");
    const auto split = splitHostPort(authority);
    if (!split || split->port == 0) refuseIce(url, "the host or port is invalid");
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
    if (authority.find('/') != std::string_view::npos) refuseOrigin(origin, "it must not have a path");
    const auto split = splitHostPort(authority);
    if (!split || split->port == 0) refuseOrigin(origin, "the host or port is invalid");
}

void checkHttpUrl(std::string_view url) {
    checkUrl({"http://", "https://", "the URL of an HTTP resource"}, url);
}

void checkWebSocketUrl(std::string_view url) {
    checkUrl({"ws://", "wss://", "the URL of a WebSocket"}, url);
}

} // namespace spillway::config
