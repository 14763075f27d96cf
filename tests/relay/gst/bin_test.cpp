#include "relay/gst/bin.h"
#include "relay/gst/element.h"

#include "support/catch.h"

#include <atomic>
#include <thread>

using namespace spillway;

TEST_CASE("what a bin holds is found while others come and go") {
    const auto bin = gst::Ref<GstElement>::sink(gst_bin_new(nullptr));
    gst::addTo(bin.get(), gst::makeElement("fakesink"));
    std::atomic<bool> done{false};
    std::thread changer([&] {
        while (!done.load()) {
            const auto passing = gst::makeElement("identity");
            gst::addTo(bin.get(), passing);
            gst_bin_remove(gst::cast<GstBin>(bin.get()), passing.get());
        }
    });
    int missed = 0;
    int doubled = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto found = gst::elementsOf(bin.get(), "fakesink").size();
        missed += found < 1;
        doubled += found > 1;
    }
    done.store(true);
    changer.join();
    CHECK(missed == 0);
    CHECK(doubled == 0);
}
