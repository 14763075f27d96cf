// What is known of a call beyond the life of one connector: a connector that lost it is thrown away, and the
// next one must give the same people the same names and leave no session of the one before behind. Loop
// thread.
#pragma once

#include "daemon/signalling/janus/names.h"

#include <cstdint>

namespace spillway::daemon::janus {

struct Memory {
    Names names;
    std::uint64_t session = 0; ///< of Janus, and not destroyed so far as we know; 0 is none
};

} // namespace spillway::daemon::janus
