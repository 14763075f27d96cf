#include "daemon/signalling/whep/url.h"

#include "config/text.h"
#include "daemon/glib/object.h"

#include <memory>
#include <string_view>

namespace spillway::daemon::whep {

namespace {

struct UriUnref {
    void operator()(GUri* uri) const { g_uri_unref(uri); }
};
using Uri = std::unique_ptr<GUri, UriUnref>;

Uri parsed(const std::string& text) {
    return Uri(g_uri_parse(text.c_str(), G_URI_FLAGS_ENCODED, nullptr));
}

std::string_view schemeOf(const Uri& uri) {
    return g_uri_get_scheme(uri.get());
}

/// Empty when there is none.
std::string_view hostOf(const Uri& uri) {
    const char* host = g_uri_get_host(uri.get());
    return host == nullptr ? std::string_view() : host;
}

int portOf(const Uri& uri) {
    const int port = g_uri_get_port(uri.get());
    if (port > 0) return port;
    return schemeOf(uri) == "https" ? 443 : 80;
}

bool isDowngrade(const Uri& from, const Uri& to) {
    return schemeOf(from) == "https" && schemeOf(to) != "https";
}

bool isHttp(const Uri& uri) {
    return schemeOf(uri) == "http" || schemeOf(uri) == "https";
}

} // namespace

std::optional<std::string> resolved(const std::string& base, const std::string& reference) {
    const Uri from = parsed(base);
    if (!from || reference.empty()) return std::nullopt;
    const Uri to(g_uri_parse_relative(from.get(), reference.c_str(), G_URI_FLAGS_ENCODED, nullptr));
    if (!to || !isHttp(to) || isDowngrade(from, to) || g_uri_get_host(to.get()) == nullptr)
        return std::nullopt;
    return glib::Text(g_uri_to_string_partial(to.get(), G_URI_HIDE_FRAGMENT)).get();
}

bool mayCarryToken(const std::string& configured, const std::string& target) {
    const Uri from = parsed(configured);
    const Uri to = parsed(target);
    if (!from || !to || isDowngrade(from, to)) return false;
    return !hostOf(from).empty() && lowered(hostOf(from)) == lowered(hostOf(to));
}

bool isSameOrigin(const std::string& one, const std::string& other) {
    const Uri a = parsed(one);
    const Uri b = parsed(other);
    return a && b && schemeOf(a) == schemeOf(b) && !hostOf(a).empty() &&
           lowered(hostOf(a)) == lowered(hostOf(b)) && portOf(a) == portOf(b);
}

} // namespace spillway::daemon::whep
