#include "daemon/signalling/http_session/random_id.h"

#include "relay/base/random.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace spillway::daemon::http_session {

std::string randomId(std::size_t bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::vector<std::uint8_t> random(bytes);
    relay::fillRandom(random);
    std::string text;
    for (const std::uint8_t byte : random)
        text.append({digits[byte >> 4U], digits[byte & 15U]});
    return text;
}

std::string randomEtag() {
    return '"' + randomId(8) + '"';
}

} // namespace spillway::daemon::http_session
