#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

void addOpenapi(Router& router) {
    router.get("/openapi.yaml", Access::open, [](const Request&) {
        return Response{200, "application/yaml", openapiDocument};
    });
}

} // namespace spillway::daemon::http
