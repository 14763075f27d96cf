#include "relay/base/source.h"

#include <glib.h>

namespace spillway::relay {

void Source::cancel() {
    if (GSource* source = std::exchange(source_, nullptr)) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}

} // namespace spillway::relay
