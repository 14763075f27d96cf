#include "daemon/signalling/whip/link.h"

namespace spillway::daemon::whip {

namespace {

/// quoted-string of RFC 9110 section 5.6.4; line ends cannot be in a header field and are left out.
std::string quoted(const std::string& text) {
    std::string safe = "\"";
    for (const char c : text) {
        if (c == '\r' || c == '\n') continue;
        if (c == '"' || c == '\\') safe += '\\';
        safe += c;
    }
    return safe + '"';
}

} // namespace

std::vector<std::string> iceLinks(const std::vector<config::IceServer>& servers) {
    std::vector<std::string> links;
    for (const auto& server : servers) {
        std::string link = "<" + server.url + ">; rel=\"ice-server\"";
        if (!server.username.empty()) link += "; username=" + quoted(server.username);
        if (server.password)
            link += "; credential=" + quoted(server.password->reveal()) + "; credential-type=\"password\"";
        links.push_back(std::move(link));
    }
    return links;
}

} // namespace spillway::daemon::whip
