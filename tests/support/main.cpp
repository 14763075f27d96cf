// main() of every test program, for Catch2 2 and 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_session.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#ifdef SPILLWAY_TEST_GST
#include <gst/gst.h>
#endif

int main(int argc, char** argv) {
#ifdef SPILLWAY_TEST_GST
    gst_init(&argc, &argv);
#endif
    return Catch::Session().run(argc, argv);
}
