#include "config/load/sections.h"
#include "config/url.h"
#include "config/words.h"

#include <algorithm>

namespace spillway::config {

namespace {

constexpr std::size_t mostServers = 32;
constexpr std::size_t mostAddresses = 16;

/// Replaces `out` by one address or a list of them, as `parse` reads them. Reports duplicates unless they are
/// `repeatable`.
template <class Address, class Parse, class Repeatable>
void readAddresses(const Value& value, std::vector<Address>& out, Parse parse, Repeatable repeatable) {
    const std::vector<Value> elements = value.oneOrMore();
    if (elements.size() > mostAddresses)
        return value.problem("has " + std::to_string(elements.size()) + " elements; at most " +
                             std::to_string(mostAddresses) + " are allowed");
    out.clear();
    for (const Value& element : elements) {
        const auto address = element.parsed(parse);
        if (!address) continue;
        if (std::find(out.begin(), out.end(), *address) != out.end() && !repeatable(*address))
            element.problem("duplicate address");
        out.push_back(*address);
    }
}

void readListen(const Value& value, WebrtcSettings& webrtc) {
    // Port 0 stands for a different port each time.
    readAddresses(value, webrtc.listen, ListenAddress::parseUdp,
                  [](const ListenAddress& address) { return address.port() == 0; });
}

void readListenTcp(const Value& value, WebrtcSettings& webrtc) {
    readAddresses(value, webrtc.listenTcp, ListenAddress::parseUdp,
                  [](const ListenAddress& address) { return address.port() == 0; });
}

void readAnnounce(const Value& value, WebrtcSettings& webrtc) {
    readAddresses(value, webrtc.announce, parseReachableAddress, [](const HostPort&) { return false; });
}

/// An entry as written, where several URLs may share one login.
struct IceServerEntry {
    std::vector<std::string> urls;
    std::string username;
    std::optional<Secret> password;
    std::optional<Secret> secret;
};

void readUrls(const Value& value, IceServerEntry& entry) {
    const std::vector<Value> elements = value.oneOrMore();
    if (elements.empty()) value.problem("must name at least one URL");
    for (const Value& element : elements) {
        const auto url = element.parsed([](const std::string& text) {
            checkIceUrl(text);
            return text;
        });
        if (url) entry.urls.push_back(*url);
    }
}

const Keys<IceServerEntry>& iceServerKeys() {
    static const Keys<IceServerEntry> keys{
        {"urls", {readUrls, {}}, Requirement::required},
        {"username", text(&IceServerEntry::username)},
        {"password", secret(&IceServerEntry::password)},
        {"secret", secret(&IceServerEntry::secret)},
    };
    return keys;
}

/// RFC 8656 has no TURN without a login.
void checkLogin(const Value& value, const IceServerEntry& entry) {
    const auto has = [&](const char* key) { return !value.at(key).isNull(); };
    const bool turn = std::any_of(entry.urls.begin(), entry.urls.end(), isTurnUrl);
    if (has("secret") && (has("username") || has("password")))
        value.problem("has a secret, which makes username and password; leave these out");
    else if (turn && !has("secret") && (!has("username") || !has("password")))
        value.problem("a TURN server needs username and password, or the secret that it makes them of");
}

void readIceServers(const Value& value, WebrtcSettings& webrtc) {
    for (const Value& element : value.items()) {
        IceServerEntry entry;
        readMapping(element, iceServerKeys(), entry);
        checkLogin(element, entry);
        for (const std::string& url : entry.urls)
            webrtc.iceServers.push_back({url, entry.username, entry.password, entry.secret});
    }
    if (webrtc.iceServers.size() > mostServers)
        value.problem("names " + std::to_string(webrtc.iceServers.size()) + " URLs; at most " +
                      std::to_string(mostServers) + " are allowed");
}

bool isV6(const std::string& host) {
    return host.find(':') != std::string::npos;
}

} // namespace

void checkAnnounce(const Value& value, const WebrtcSettings& webrtc) {
    for (const auto& [host, port] : webrtc.announce) {
        if (port || !isNumeric(host) || webrtc.listen.empty()) continue;
        const bool v6 = isV6(host);
        const auto isOfFamily = [&](const ListenAddress& address) { return isV6(address.host()) == v6; };
        if (std::none_of(webrtc.listen.begin(), webrtc.listen.end(), isOfFamily))
            value.problem(host + " has no port, and there is no " + (v6 ? "IPv6" : "IPv4") +
                          " address in webrtc.listen to take one from");
    }
}

const Keys<WebrtcSettings>& webrtcKeys() {
    static const Keys<WebrtcSettings> keys{
        {"listen", {readListen, {}}},
        {"listen_tcp", {readListenTcp, {}}},
        {"announce", {readAnnounce, {}}},
        {"announce_local", oneOf(&WebrtcSettings::announceLocal, flagWords)},
        {"publishers", oneOf(&WebrtcSettings::publishers, publisherIceWords)},
        {"port_range", parsed(&WebrtcSettings::portRange, PortRange::parse)},
        {"ice_servers", {readIceServers, dotted(iceServerKeys(), "[].")}},
    };
    return keys;
}

} // namespace spillway::config
