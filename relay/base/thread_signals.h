// What each of our threads begins with.
#pragma once

#include <signal.h>

namespace spillway::relay {

/// Signals are the main thread's; and with SIGXFSZ blocked a file size limit is an error of one write.
inline void blockSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

} // namespace spillway::relay
