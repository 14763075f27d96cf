// The certificate of the HTTP server with its chain and key, from PEM files.
#pragma once

#include "config/settings.h"
#include "daemon/glib/object.h"

#include <gio/gio.h>

#include <string>

namespace spillway::daemon::http {

/// Reads both files. Throws std::runtime_error that names the file and says what is wrong with it: no PEM, a
/// key behind a password, the key of another certificate.
glib::Object<GTlsCertificate> loadCertificate(const config::TlsSettings& settings);

/// Until when it is valid: `2026-11-30T12:00:00Z`.
std::string expiryOf(GTlsCertificate* certificate);

} // namespace spillway::daemon::http
