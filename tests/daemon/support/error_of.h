// What an action that must throw says.
#pragma once

#include "support/catch.h"

#include <exception>
#include <string>

namespace spillway::test {

template <class Action>
std::string errorOf(Action action) {
    try {
        action();
    } catch (const std::exception& error) {
        return error.what();
    }
    FAIL("nothing was thrown");
    return {};
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace spillway::test
