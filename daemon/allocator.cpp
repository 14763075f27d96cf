#include "daemon/allocator.h"

#include <malloc.h>

#include <cstdlib>

namespace spillway::daemon {

namespace {

constexpr int mostArenas = 2;

} // namespace

void limitArenas() {
    if (!std::getenv("MALLOC_ARENA_MAX")) ::mallopt(M_ARENA_MAX, mostArenas);
}

} // namespace spillway::daemon
