#include "daemon/http/credential.h"

#include "config/text.h"

#include <glib.h>

#include <algorithm>

namespace spillway::daemon::http {

namespace {

/// What follows the scheme, which is case-insensitive (RFC 9110 section 11.1); nothing for another one.
std::optional<std::string_view> after(std::string_view scheme, std::string_view field) {
    if (field.size() <= scheme.size() || field[scheme.size()] != ' ' ||
        lowered(field.substr(0, scheme.size())) != scheme)
        return std::nullopt;
    field.remove_prefix(std::min(field.find_first_not_of(' ', scheme.size()), field.size()));
    return field;
}

/// GLib skips what is no base64; what is left of it matches no token.
std::string fromBase64(std::string_view text) {
    gsize size = 0;
    guchar* bytes = g_base64_decode(std::string(text).c_str(), &size);
    std::string plain(reinterpret_cast<const char*>(bytes), size);
    g_free(bytes);
    return plain;
}

Credential ofHeader(std::string_view field) {
    if (const auto token = after("bearer", field)) return {Credential::Way::bearer, std::string(*token)};
    if (const auto pair = after("basic", field))
        return {Credential::Way::basic, std::string(splitAt(fromBase64(*pair), ':').second)};
    return {};
}

} // namespace

std::optional<Credential> credentialOf(const Request& request) {
    const std::string* header = request.header("authorization");
    const auto parameter = request.query.find(tokenParameter);
    if (parameter == request.query.end()) return header == nullptr ? Credential{} : ofHeader(*header);
    if (header != nullptr) return std::nullopt;
    return Credential{Credential::Way::url, parameter->second};
}

} // namespace spillway::daemon::http
