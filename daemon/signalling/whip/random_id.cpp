#include "daemon/signalling/whip/random_id.h"

#include <sys/random.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

namespace spillway::daemon::whip {

std::string randomId(std::size_t bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::vector<unsigned char> random(bytes);
    // Up to 256 bytes come whole and uninterrupted.
    if (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes))
        throw std::system_error(errno, std::generic_category(), "getrandom");
    std::string text;
    for (const unsigned char byte : random)
        text.append({digits[byte >> 4U], digits[byte & 15U]});
    return text;
}

} // namespace spillway::daemon::whip
