#include "daemon/http/message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace spillway::daemon::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<char> hexByte(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    return static_cast<char>(value);
}

} // namespace

const std::string* Request::header(const std::string& lowerCaseName) const {
    const auto found = headers.find(lowerCaseName);
    return found == headers.end() ? nullptr : &found->second;
}

std::string mediaType(const Request& request) {
    const std::string* value = request.header("content-type");
    if (value == nullptr) return {};
    std::string type = value->substr(0, value->find(';'));
    type.erase(type.find_last_not_of(" \t") + 1);
    std::transform(type.begin(), type.end(), type.begin(), lower);
    return type;
}

const char* reasonPhrase(unsigned status) {
    static constexpr std::array<std::pair<unsigned, const char*>, 27> phrases{{
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    }};
    const auto* found =
        std::find_if(phrases.begin(), phrases.end(), [&](auto& item) { return item.first == status; });
    return found == phrases.end() ? "Unknown" : found->second;
}

std::string decodeUri(std::string_view text, bool plusIsBlank) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (const auto byte = hexByte(text.substr(i + 1, 2))) {
                plain += *byte;
                i += 2;
                continue;
            }
        }
        plain += text[i] == '+' && plusIsBlank ? ' ' : text[i];
    }
    return plain;
}

std::map<std::string, std::string> parseQuery(std::string_view query) {
    std::map<std::string, std::string> values;
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (equals == 0) continue;
        const auto value = pair.substr(std::min(equals + 1, pair.size()));
        values.emplace(decodeUri(pair.substr(0, equals), true), decodeUri(value, true));
    }
    return values;
}

} // namespace spillway::daemon::http
