#include "daemon/http/headers.h"

#include "config/text.h"

namespace spillway::daemon::http {

std::map<std::string, std::string> readHeaders(SoupMessageHeaders* headers) {
    std::map<std::string, std::string> values;
    SoupMessageHeadersIter iter;
    const char* name = nullptr;
    const char* value = nullptr;
    soup_message_headers_iter_init(&iter, headers);
    while (soup_message_headers_iter_next(&iter, &name, &value)) {
        std::string& field = values[lowered(name)];
        field += (field.empty() ? "" : ", ") + std::string(value);
    }
    return values;
}

} // namespace spillway::daemon::http
