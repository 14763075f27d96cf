// What is known of a call beyond the life of one connector: a connector that lost it is thrown away, and the
// next one must give the same people the same names and leave no session of the one before behind. Loop
// thread.
#pragma once

#include "daemon/signalling/janus/names.h"

#include <cstdint>
#include <memory>
#include <string>

namespace spillway::daemon::janus {

struct Memory {
    Names names;
    std::uint64_t session = 0; ///< of Janus, and not destroyed so far; 0 is none
};

/// Of this process, by the call's name.
std::shared_ptr<Memory> memoryOf(const std::string& call);
/// The call has been left for good.
void forget(const std::string& call);

} // namespace spillway::daemon::janus
