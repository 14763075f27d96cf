// Catch2 itself, 2 or 3, compiled once for all test programs.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "support/catch_runner.h"

namespace spillway::test {

int runCatch(int argc, char** argv) {
    return Catch::Session().run(argc, argv);
}

} // namespace spillway::test
