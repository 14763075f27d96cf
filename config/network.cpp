#include "config/network.h"

#include "config/quote.h"
#include "config/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace spillway::config {

namespace {

using Bytes = std::array<std::uint8_t, 16>;
constexpr unsigned carriedBits = 96;

[[noreturn]] void refuse(const std::string& text) {
    throw std::invalid_argument(quote(text) +
                                " is no network; allowed: 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, "
                                "unix");
}

bool isV4(const std::string& host) {
    return host.find(':') == std::string::npos;
}

std::optional<Bytes> bytesOf(const std::string& host) {
    Bytes bytes{};
    if (!isV4(host)) {
        const std::string plain = host.substr(0, host.find('%'));
        if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) != 1) return std::nullopt;
        return bytes;
    }
    in_addr address{};
    if (::inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
    bytes[10] = bytes[11] = 0xFF;
    std::memcpy(&bytes[12], &address, sizeof address);
    return bytes;
}

bool isSet(const Bytes& bytes, unsigned bit) {
    return (std::uint32_t{bytes.at(bit / 8)} >> (7 - bit % 8) & 1U) != 0;
}

} // namespace

Network Network::parse(const std::string& text) {
    Network network;
    network.unix_ = text == "unix";
    if (network.unix_) return network;
    const auto slash = text.find('/');
    const std::string host = text.substr(0, slash);
    const auto bytes = bytesOf(host);
    const unsigned most = isV4(host) ? 32 : 128;
    const auto bits = slash == std::string::npos ? std::optional<std::uint8_t>(most)
                                                 : number<std::uint8_t>(text.substr(slash + 1));
    if (!bytes || !bits || *bits > most) refuse(text);
    network.bytes_ = *bytes;
    network.bits_ = *bits + (isV4(host) ? carriedBits : 0);
    for (unsigned bit = network.bits_; bit < 128; ++bit)
        if (isSet(*bytes, bit))
            throw std::invalid_argument(quote(text) +
                                        " has bits behind its prefix; write the network's first "
                                        "address, or a longer prefix");
    return network;
}

bool Network::contains(const std::string& host) const {
    if (unix_ || host == "unix") return unix_ && host == "unix";
    const auto bytes = bytesOf(host);
    if (!bytes) return false;
    for (unsigned bit = 0; bit < bits_; ++bit)
        if (isSet(*bytes, bit) != isSet(bytes_, bit)) return false;
    return true;
}

bool isIn(const std::vector<Network>& networks, const std::string& host) {
    return std::any_of(networks.begin(), networks.end(),
                       [&](const Network& network) { return network.contains(host); });
}

} // namespace spillway::config
