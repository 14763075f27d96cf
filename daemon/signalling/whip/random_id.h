// What nobody can guess: the names of sessions are all that protects them from another publisher. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace spillway::daemon::whip {

/// `bytes` bytes of the kernel's randomness in hexadecimal. Throws std::system_error when there is none.
std::string randomId(std::size_t bytes = 16);

} // namespace spillway::daemon::whip
