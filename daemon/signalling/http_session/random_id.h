// Names that nobody can guess: a session's name is all that protects it from another client. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace spillway::daemon::http_session {

/// `bytes` bytes of the kernel's randomness in hexadecimal. Throws std::system_error when there is none.
std::string randomId(std::size_t bytes = 16);

/// An entity tag (RFC 9110 section 8.8.3), with its quotes. Throws as randomId() does.
std::string randomEtag();

} // namespace spillway::daemon::http_session
