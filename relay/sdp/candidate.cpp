#include "relay/sdp/candidate.h"

#include "relay/sdp/text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace spillway::relay::sdp {

namespace {

bool isAddress(const std::string& text) {
    std::array<unsigned char, 16> binary{};
    return inet_pton(AF_INET, text.c_str(), binary.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), binary.data()) == 1;
}

bool isHostName(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return isIceText({&c, 1}) ? c != '+' && c != '/' : c == '-' || c == '.' || c == ':' || c == '_';
    });
}

bool isType(std::string_view text) {
    return text == "host" || text == "srflx" || text == "prflx" || text == "relay";
}

/// foundation component transport priority address port `typ` type
bool isWellFormed(const std::vector<std::string_view>& fields) {
    if (fields.size() < 8 || fields[6] != "typ" || !isType(fields[7])) return false;
    const auto component = number<unsigned>(fields[1]);
    return fields[0].size() <= 32 && isIceText(fields[0]) && component && *component >= 1 &&
           *component <= 256 && isToken(fields[2]) && number<std::uint32_t>(fields[3]) &&
           isHostName(fields[4]) && number<std::uint16_t>(fields[5]);
}

} // namespace

std::optional<Candidate> parseCandidate(std::string_view line) {
    constexpr std::string_view prefix = "candidate:";
    constexpr std::size_t longest = 512;
    if (line.starts_with("a=")) line.remove_prefix(2);
    if (!line.starts_with(prefix) || line.size() > longest) return std::nullopt;
    const auto fields = words(line.substr(prefix.size()));
    if (!isWellFormed(fields)) return std::nullopt;

    Candidate candidate{std::string(prefix), false};
    for (std::size_t i = 0; i < 8; ++i)
        candidate.text.append(i == 0 ? "" : " ").append(fields[i]);
    // The agent's parser wants a related address for all types but host. RFC 6544 section 4.5: tcptype.
    for (std::size_t i = 8; i + 1 < fields.size(); i += 2) {
        const bool address = fields[i] == "raddr" && isAddress(std::string(fields[i + 1]));
        const bool port = fields[i] == "rport" && number<std::uint16_t>(fields[i + 1]);
        const bool tcp = fields[i] == "tcptype" && isToken(fields[i + 1]);
        if (address || port || tcp)
            candidate.text.append(" ").append(fields[i]).append(" ").append(fields[i + 1]);
    }
    candidate.usable = lowered(fields[2]) == "udp" && fields[1] == "1" && fields[5] != "0" &&
                       isAddress(std::string(fields[4]));
    return candidate;
}

std::string retyped(const std::string& text) {
    constexpr std::string_view key = " typ ";
    const auto type = text.find(key) + key.size();
    const bool isHost = text.compare(type, 4, "host") == 0;
    return text.substr(0, type) + (isHost ? "srflx raddr 0.0.0.0 rport 9" : "host");
}

} // namespace spillway::relay::sdp
