// Where log lines go and what they look like: always stderr; as text, as JSON, or with the priorities that
// journald reads. Set up once, before any thread; GLib's and GStreamer's own messages go the same way.
#pragma once

#include "config/settings.h"

#include <spdlog/formatter.h>

#include <memory>

namespace spillway::daemon {

void setUpLogging(const config::LogSettings& settings);

/// Later; any thread.
void setLogLevel(config::LogLevel level);

/// `automatic` is journal when stderr is the journal's own stream (JOURNAL_STREAM of systemd.exec(5)), text
/// otherwise.
config::LogFormat resolveFormat(config::LogFormat format);

std::unique_ptr<spdlog::formatter> makeFormatter(config::LogFormat format);

} // namespace spillway::daemon
