#include "relay/rtp/bandwidth_message.h"

#include "relay/rtp/feedback.h"
#include "relay/rtp/rtcp.h"
#include "support/catch.h"

#include <limits>

using namespace spillway::relay;
using namespace spillway::relay::rtp;

namespace {

using Raw = std::vector<std::uint8_t>;

std::uint64_t readBack(std::uint64_t bitsPerSecond) {
    const auto said = readFeedback(bandwidthMessage(1, {}, bitsPerSecond, {}));
    REQUIRE(said.size() == 1);
    return std::get<Bandwidth>(said.front()).bitsPerSecond;
}

} // namespace

TEST_CASE("a limit is a compound packet of report, description and REMB") {
    const Raw description{0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0};
    const std::vector<std::uint32_t> ssrcs{0x01020304, 0xFFFFFFFF};
    const Raw expected{
        0x80, 201, 0,   1,   0,    0,    0,    7,                // an empty report of 7
        0x81, 202, 0,   2,   0,    0,    0,    7,    1, 0, 0, 0, //
        0x8F, 206, 0,   6,   0,    0,    0,    7,    0, 0, 0, 0, //
        'R',  'E', 'M', 'B', 2,    0x01, 0x86, 0xA0,             // 100,000 as it is
        1,    2,   3,   4,   0xFF, 0xFF, 0xFF, 0xFF,
    };
    CHECK(bandwidthMessage(7, description, 100'000, ssrcs) == expected);
}

TEST_CASE("a limit is read back as it was, or a little less") {
    for (const std::uint64_t exact : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{30'000},
                                      std::uint64_t{0x3FFFF}, std::uint64_t{0x40000}, unlimited})
        CHECK(readBack(exact) == exact);
    for (const std::uint64_t value :
         {std::uint64_t{0x40001}, std::uint64_t{100'000'001}, std::numeric_limits<std::uint64_t>::max()}) {
        CHECK(readBack(value) <= value);
        CHECK(readBack(value) >= value - value / 0x20000);
    }
    CHECK(unlimited <= std::numeric_limits<std::int32_t>::max());
}

TEST_CASE("more SSRCs than a limit can name are left out") {
    const std::vector<std::uint32_t> many(1000, 5);
    const Raw message = bandwidthMessage(1, {}, 1, many);
    const auto packets = readCompound(message);
    REQUIRE(packets);
    CHECK(packets->back().whole.size() == 20 + 255 * 4);
    CHECK(packets->back().whole[16] == 255);
}
