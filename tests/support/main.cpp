// main() of every test program.
#include "support/catch_runner.h"

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
    const int failed = spillway::test::runCatch(argc, argv);
#if __has_include(<glib.h>)
    spillway::test::LeakGuard::awaitLastThreads();
#endif
    return failed;
}
