// Versions of Spillway and of what it runs on.
#pragma once

#include <string>

namespace spillway::daemon {

const char* version();

/// The text of --version, one line each.
std::string versionText();

} // namespace spillway::daemon
