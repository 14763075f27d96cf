// Random numbers that nobody can guess, from the kernel: ICE credentials, names of sessions, SSRCs, first
// sequence numbers. Any thread.
#pragma once

#include "relay/base/bytes.h"

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace spillway::relay {

/// At most 256 bytes. Throws std::system_error when the kernel has none.
void fillRandom(MutableBytes bytes);

template <class Number>
Number randomNumber() {
    static_assert(std::is_unsigned_v<Number>);
    std::array<std::uint8_t, sizeof(Number)> bytes{};
    fillRandom(bytes);
    return std::bit_cast<Number>(bytes);
}

} // namespace spillway::relay
