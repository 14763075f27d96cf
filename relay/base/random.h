// Numbers that nobody can guess: SSRCs, first sequence numbers.
#pragma once

#include <random>

namespace spillway::relay {

template <class Number>
Number randomNumber() {
    return static_cast<Number>(std::random_device{}());
}

} // namespace spillway::relay
