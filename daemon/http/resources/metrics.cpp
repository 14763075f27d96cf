#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

void addMetrics(Router& router, const std::function<std::string()>& text) {
    router.get("/metrics", Access::monitor, [=](const Request&) {
        return Response{200, "text/plain; version=0.0.4; charset=utf-8", text()};
    });
}

} // namespace spillway::daemon::http
