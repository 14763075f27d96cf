// What spillwayd does with its arguments, from the first to the exit code. Main thread.
#pragma once

#include "daemon/exit_code.h"

#include <string>
#include <vector>

namespace spillway::daemon {

/// Writes to stdout and stderr.
ExitCode run(const std::vector<std::string>& arguments);

} // namespace spillway::daemon
