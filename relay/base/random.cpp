#include "relay/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace spillway::relay {

void fillRandom(MutableBytes bytes) {
    if (::getentropy(bytes.data(), bytes.size()) != 0)
        throw std::system_error(errno, std::generic_category(), "getentropy");
}

} // namespace spillway::relay
