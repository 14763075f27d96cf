#include "daemon/http/proxies.h"

#include "config/address.h"
#include "config/text.h"

#include <string_view>

namespace spillway::daemon::http {

namespace {

/// The parts between separators, but for those within quotes, without blanks around them.
std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (c == separator && !quoted)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    for (std::string& part : parts)
        part = std::string(trimmed(part));
    return parts;
}

/// Without brackets, quotes and port; empty when it is no address (`unknown`, `_hidden`).
std::string addressIn(std::string node) {
    if (node.size() >= 2 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
    if (config::isNumeric(node)) return node;
    const auto parts = config::splitHostPort(node);
    return parts && config::isNumeric(parts->host) ? parts->host : std::string();
}

std::vector<std::string> forwardedFor(const std::string& value) {
    std::vector<std::string> hops;
    for (const std::string& hop : split(value, ','))
        hops.push_back(addressIn(hop));
    return hops;
}

/// `for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"`
std::vector<std::string> forwarded(const std::string& value) {
    constexpr std::string_view parameter = "for=";
    std::vector<std::string> hops;
    for (const std::string& hop : split(value, ',')) {
        std::string address;
        for (const std::string& part : split(hop, ';'))
            if (lowered(part.substr(0, parameter.size())) == parameter)
                address = addressIn(part.substr(parameter.size()));
        hops.push_back(address);
    }
    return hops;
}

} // namespace

/// Empty when that is no address; the first one when all are trusted.
std::string Proxies::lastUntrusted(const std::vector<std::string>& hops) const {
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop)
        if (!trusts(*hop)) return *hop;
    return hops.front();
}

std::string Proxies::clientOf(const Request& head, const std::string& remote) const {
    if (!trusts(remote)) return remote;
    const std::string* list = head.header("x-forwarded-for");
    const std::string* standard = head.header("forwarded");
    const std::string one = list ? lastUntrusted(forwardedFor(*list)) : std::string();
    const std::string other = standard ? lastUntrusted(forwarded(*standard)) : one;
    const std::string client = list ? one : other;
    return client.empty() || client != other ? remote : client;
}

} // namespace spillway::daemon::http
