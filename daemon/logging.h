// Where log lines go and what they look like: always stderr; as text, as JSON, or with the priorities that
// journald reads. Called once, before any thread; GLib's and GStreamer's own messages go the same way.
#pragma once

#include "config/settings.h"

#include <spdlog/formatter.h>

#include <memory>
#include <optional>

namespace spillway::daemon {

/// `level` of the command line wins over the settings'.
void setUpLogging(const config::LogSettings& settings, std::optional<config::LogLevel> level);

/// `automatic` is journal when stderr is the journal's own stream (JOURNAL_STREAM of systemd.exec(5)), text
/// otherwise.
config::LogFormat resolveFormat(config::LogFormat format);

std::unique_ptr<spdlog::formatter> makeFormatter(config::LogFormat format);

} // namespace spillway::daemon
