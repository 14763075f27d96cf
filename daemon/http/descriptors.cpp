#include "daemon/http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace spillway::daemon::http {

namespace {

constexpr rlim_t mostReserved = 32;

} // namespace

bool fewDescriptorsLeft() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
    std::error_code unreadable;
    const std::filesystem::directory_iterator open("/proc/self/fd", unreadable);
    // It cannot be opened when none is left.
    if (unreadable) return unreadable == std::errc::too_many_files_open;
    const auto used = static_cast<rlim_t>(std::distance(begin(open), end(open)));
    return used + std::min(mostReserved, limit.rlim_cur / 4) > limit.rlim_cur;
}

} // namespace spillway::daemon::http
