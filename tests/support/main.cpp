// main() of every test program, for Catch2 2 and 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#if __has_include(<glib.h>)
#include "support/leak_guard.h"
#endif

#ifdef SPILLWAY_TEST_GST
#include <gst/gst.h>
#endif

int main(int argc, char** argv) {
#ifdef SPILLWAY_TEST_GST
    gst_init(&argc, &argv);
#endif
    const int failed = Catch::Session().run(argc, argv);
#if __has_include(<glib.h>)
    spillway::test::LeakGuard::awaitLastThreads();
#endif
    return failed;
}
