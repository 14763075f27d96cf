#include "daemon/http/message.h"

#include "config/text.h"

#include <libsoup/soup.h>

#include <optional>

namespace spillway::daemon::http {

namespace {

/// The byte of an escape at the start of `text`; nothing when there is none.
std::optional<char> escapedByte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return std::nullopt;
    const auto byte = hexByte(text.substr(1, 2));
    if (!byte) return std::nullopt;
    return static_cast<char>(*byte);
}

} // namespace

const std::string* Request::header(const std::string& lowerCaseName) const {
    const auto found = headers.find(lowerCaseName);
    return found == headers.end() ? nullptr : &found->second;
}

std::string mediaType(const std::string* contentType) {
    if (contentType == nullptr) return {};
    return lowered(trimmed(splitAt(*contentType, ';').first));
}

std::string mediaType(const Request& request) {
    return mediaType(request.header("content-type"));
}

/// libsoup 3.2 has some phrases of RFC 2616 still, and none for the statuses of RFC 6585.
const char* reasonPhrase(unsigned status) {
    switch (status) {
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 422:
        return "Unprocessable Content";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return soup_status_get_phrase(status);
    }
}

std::string decodeUri(std::string_view text, bool plusIsBlank) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        const auto escaped = escapedByte(text);
        plain += escaped.value_or(text[0] == '+' && plusIsBlank ? ' ' : text[0]);
        text.remove_prefix(escaped ? 3 : 1);
    }
    return plain;
}

std::map<std::string, std::string> parseQuery(std::string_view query) {
    std::map<std::string, std::string> values;
    while (!query.empty()) {
        const auto [pair, rest] = splitAt(query, '&');
        const auto [name, value] = splitAt(pair, '=');
        if (!name.empty()) values.emplace(decodeUri(name, true), decodeUri(value, true));
        query = rest;
    }
    return values;
}

} // namespace spillway::daemon::http
