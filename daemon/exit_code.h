// How the process ends.
#pragma once

namespace spillway::daemon {

enum ExitCode : int {
    exitOk = 0,
    exitFailure = 1,
    exitConfiguration = 78, ///< EX_CONFIG of sysexits.h
};

} // namespace spillway::daemon
