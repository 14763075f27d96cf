#include "daemon/http/resources/resources.h"

namespace spillway::daemon::http {

void addOpenapi(Router& router) {
    router.add({"GET", "/openapi.yaml", Access::open, {}, [](const Request&, const Responder& respond) {
                    respond({200, "application/yaml", openapiDocument, {}});
                }});
}

} // namespace spillway::daemon::http
