#include "relay/rtp/keyframe_request.h"

#include "support/catch.h"

using namespace spillway::relay::rtp;

TEST_CASE("a keyframe request is a compound packet of report, description and PLI") {
    using Raw = std::vector<std::uint8_t>;
    const Raw description{0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0};
    const Raw expected{
        0x80, 201, 0, 1, 0, 0, 0, 7,             // an empty report of 7
        0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0, //
        0x81, 206, 0, 2, 0, 0, 0, 7, 1, 2, 3, 4, //
    };
    CHECK(keyframeRequest(7, description, 0x01020304) == expected);
}
