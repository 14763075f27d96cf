// SCHED_BATCH (sched(7)) for GStreamer's threads: one that is woken does not take the core from whoever woke
// it, so that it finds more to do when its turn comes. It needs no privilege, but a seccomp filter may forbid
// the call. Any thread.
#pragma once

namespace spillway::gst {

/// The calling thread, from now on and for good. False when it may not; errno says why.
bool batchThisThread();

/// Whether threads of this process may; tried once, in a thread of its own. `why` is the error otherwise.
struct BatchScheduling {
    bool allowed = false;
    const char* why = "";
};
const BatchScheduling& batchScheduling();

} // namespace spillway::gst
