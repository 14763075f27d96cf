#include "config/address.h"

#include "config/quote.h"
#include "config/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include <arpa/inet.h>
#include <sys/un.h>

namespace spillway::config {

namespace {

constexpr std::string_view unixPrefix = "unix:";

/// The address as the system writes it; nothing if `host` is not numeric.
std::optional<std::string> numericHost(const std::string& host) {
    for (const int family : {AF_INET, AF_INET6}) {
        std::array<unsigned char, sizeof(in6_addr)> binary{};
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (inet_pton(family, host.c_str(), binary.data()) != 1) continue;
        inet_ntop(family, binary.data(), text.data(), text.size());
        return text.data();
    }
    return std::nullopt;
}

bool isLabel(std::string_view label) {
    const auto allowed = [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '-'); };
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), allowed);
}

bool isDnsName(std::string_view text) {
    if (text.size() > 253) return false;
    for (;;) {
        const std::size_t dot = text.find('.');
        const std::string_view label = text.substr(0, dot);
        if (!isLabel(label)) return false;
        // The last label of a name is never a number (RFC 3696); that of a mistyped address is.
        if (dot == std::string_view::npos)
            return label.find_first_not_of("0123456789") != std::string_view::npos;
        text.remove_prefix(dot + 1);
    }
}

struct Allowed {
    const char* shape; ///< the reason given for a text of another form
    const char* examples;
};
constexpr Allowed tcpOrUnix{"it is neither host:port nor unix:/path",
                            "127.0.0.1:8080, [::1]:8080, unix:/run/spillway/http.sock"};
constexpr Allowed udp{"it is not host:port", "0.0.0.0:8189, [::]:8189"};

[[noreturn]] void refuse(std::string_view text, const std::string& why, const Allowed& allowed = tcpOrUnix) {
    throw std::invalid_argument(quote(text) + " is not an address to listen on: " + why +
                                "; allowed: " + allowed.examples);
}

/// Of ASCII, whatever the locale.
char smallLetter(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Loopback counts: tests and players on this machine reach it.
bool isReachable(const std::string& host) {
    const auto firstOctet = [&] { return std::stoi(host.substr(0, host.find('.'))); };
    if (host.find(':') == std::string::npos) return host != "0.0.0.0" && firstOctet() < 224;
    return host != "::" && !host.starts_with("ff");
}

void checkSocketPath(std::string_view text, std::string_view path) {
    if (path.empty() || path.front() != '/') refuse(text, "the path of a Unix socket begins with a slash");
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        refuse(text, "the path of a Unix socket has at most " +
                         std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
    if (path.find('\0') != std::string_view::npos) refuse(text, "it contains a NUL byte");
}

} // namespace

std::optional<HostPort> splitHostPort(std::string_view text) {
    HostPort result;
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        result.host = text.substr(1, close - 1);
        if (result.host.find(':') == std::string::npos) return std::nullopt;
        rest = text.substr(close + 1);
    } else {
        result.host = text.substr(0, text.find(':'));
        rest = text.substr(result.host.size());
    }
    if (!isHost(result.host)) return std::nullopt;
    if (rest.empty()) return result;
    result.port = rest.front() == ':' ? number<std::uint16_t>(rest.substr(1)) : std::nullopt;
    if (!result.port) return std::nullopt;
    return result;
}

namespace {

/// Insists on a port.
HostPort numericHostPort(std::string_view text, const Allowed& allowed) {
    const auto split = splitHostPort(text);
    if (!split) refuse(text, allowed.shape, allowed);
    const auto host = numericHost(split->host);
    if (!host) refuse(text, "the host is not numeric", allowed);
    if (!split->port) refuse(text, "the port is missing", allowed);
    return {*host, split->port};
}

} // namespace

bool isNumeric(std::string_view text) {
    return text.find('\0') == std::string_view::npos && numericHost(std::string(text)).has_value();
}

bool isHost(std::string_view text) {
    return isNumeric(text) || isDnsName(text);
}

HostPort parseReachableAddress(std::string_view text) {
    const auto refuseFor = [&](const char* why) {
        throw std::invalid_argument(quote(text) + " is not a reachable address: " + why +
                                    "; allowed: 203.0.113.7, 2001:db8::7, gw.example.org, "
                                    "gw.example.org:30189, [2001:db8::7]:30189");
    };
    auto address = isHost(text) ? HostPort{std::string(text), {}} : splitHostPort(text);
    if (!address) refuseFor("it is neither an address nor a name, alone or with a port");
    if (address->port == 0) refuseFor("nothing can be sent to port 0");
    if (const auto numeric = numericHost(address->host)) {
        if (!isReachable(*numeric)) refuseFor("nothing can be sent to it");
        address->host = *numeric;
    } else {
        std::transform(address->host.begin(), address->host.end(), address->host.begin(), smallLetter);
    }
    return *address;
}

ListenAddress ListenAddress::parse(std::string_view text) {
    if (!text.starts_with(unixPrefix)) return ListenAddress(numericHostPort(text, tcpOrUnix));
    const std::string_view path = text.substr(unixPrefix.size());
    checkSocketPath(text, path);
    ListenAddress address;
    address.path_ = path;
    return address;
}

ListenAddress ListenAddress::parseUdp(std::string_view text) {
    if (text.starts_with(unixPrefix)) refuse(text, "media needs a port", udp);
    return ListenAddress(numericHostPort(text, udp));
}

PortRange PortRange::parse(std::string_view text) {
    const auto [first, last] = splitAt(text, '-');
    const auto from = number<std::uint16_t>(first);
    const auto to = number<std::uint16_t>(last);
    if (!from || !to || *from == 0 || *from > *to)
        throw std::invalid_argument(quote(text) +
                                    " is not a range of ports; allowed: FIRST-LAST of 1 to 65535, such as "
                                    "49152-50151");
    return {*from, *to};
}

bool ListenAddress::isLocal() const {
    return isUnix() || host_ == "::1" || host_.starts_with("127.");
}

std::string ListenAddress::text() const {
    if (isUnix()) return std::string(unixPrefix).append(path_);
    const bool v6 = host_.find(':') != std::string::npos;
    return (v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

} // namespace spillway::config
