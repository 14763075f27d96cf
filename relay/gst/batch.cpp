#include "relay/gst/batch.h"

#include <sched.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace spillway::gst {

bool batchThisThread() {
    const sched_param parameter{};
    return sched_setscheduler(0, SCHED_BATCH, &parameter) == 0;
}

const BatchScheduling& batchScheduling() {
    static const BatchScheduling tried = [] {
        BatchScheduling result;
        std::thread([&] {
            result.allowed = batchThisThread();
            if (!result.allowed) result.why = strerrordesc_np(errno);
        }).join();
        return result;
    }();
    return tried;
}

} // namespace spillway::gst
