#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

namespace {

/// Scripts, styles and requests of this server alone, nothing inline, in no frame of a foreign page.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'";

void add(Router& router, const std::string& path, const char* type, const char* text) {
    router.get(path, Access::open, [=](const Request&) {
        return Response{200, type, text}
            .with("Content-Security-Policy", policy)
            .with("Referrer-Policy", "no-referrer");
    });
}

} // namespace

/// Open to all: the page knows nothing, what it plays asks for a token.
void addWatch(Router& router) {
    add(router, "/watch/{call}/{participant}", "text/html; charset=utf-8", watchPage);
    add(router, "/watch.js", "text/javascript; charset=utf-8", watchScript);
    add(router, "/watch.css", "text/css; charset=utf-8", watchStyle);
}

} // namespace spillway::daemon::http
