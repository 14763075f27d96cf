#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

/// Scripts, styles and requests of this server alone, nothing inline, in no frame of a foreign page.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'";

void add(Router& router, const std::string& path, const Needs& needs, const char* type, const char* text) {
    router.get(path, needs, [=](const Request&) {
        return Response{200, type, text}.with("Content-Security-Policy", policy);
    });
}

} // namespace

/// Open to all: the page knows nothing, what it plays asks for a token. One in its URL is looked at here too,
/// so that no link works with a token that must not be in any.
void addWatch(Router& router) {
    const Needs page{Access::open, Reach::filtered, TokenPlace::anywhere};
    add(router, "/watch/{call}/{participant}", page, "text/html; charset=utf-8", watchPage);
    add(router, "/watch.js", Access::open, "text/javascript; charset=utf-8", watchScript);
    add(router, "/watch.css", Access::open, "text/css; charset=utf-8", watchStyle);
}

} // namespace spillway::daemon::http
