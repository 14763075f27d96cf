#include "relay/rtp/parameter_sets.h"

#include "relay/rtp/nal_units.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::rtp;

namespace {

using Unit = std::vector<std::uint8_t>;

const Unit sps{0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x68};
const Unit pps{0x68, 0xce, 0x3c, 0x80};
const Unit idr{0x65, 0x88, 0x84};
const Unit slice{0x41, 0x9a};

Unit aggregated(const std::vector<Unit>& units, Unit whole = {0x78}) {
    for (const Unit& unit : units) {
        whole.push_back(0);
        whole.push_back(static_cast<std::uint8_t>(unit.size()));
        whole.insert(whole.end(), unit.begin(), unit.end());
    }
    return whole;
}

/// The units in payload().
std::vector<Unit> unitsOf(NalCodec codec, const ParameterSets& sets) {
    std::vector<Unit> units;
    forEachNalUnit(codec, sets.payload(),
                   [&](const NalUnit& unit) { units.emplace_back(unit.bytes.begin(), unit.bytes.end()); });
    return units;
}

} // namespace

TEST_CASE("sets of the description are missing before each picture that comes without") {
    ParameterSets sets(PayloadFormat::h264);
    sets.describe("Z0LgH4xo,aM48gA==");
    CHECK_FALSE(sets.areMissing(1, slice));
    CHECK(sets.areMissing(2, idr));
    CHECK(unitsOf(NalCodec::h264, sets) == std::vector<Unit>{sps, pps});
    CHECK(sets.areMissing(3, Unit{0x7c, 0x85, 0x88})); // FU-A, the first of an IDR slice
    CHECK_FALSE(sets.areMissing(3, Unit{0x7c, 0x05, 0x88}));
    CHECK(sets.areMissing(4, aggregated({{0x06, 0x05, 0x00}, idr})));
}

TEST_CASE("sets that came with a picture are not missing, and serve the next one") {
    ParameterSets sets(PayloadFormat::h264);
    CHECK_FALSE(sets.areMissing(1, idr)); // there are none to be had
    CHECK_FALSE(sets.areMissing(2, sps));
    CHECK_FALSE(sets.areMissing(2, pps));
    CHECK_FALSE(sets.areMissing(2, idr));
    CHECK_FALSE(sets.areMissing(2, idr)); // another slice of it
    CHECK_FALSE(sets.areMissing(3, aggregated({sps, pps, idr})));
    CHECK_FALSE(sets.areMissing(4, slice));
    CHECK(sets.areMissing(5, idr));
    // One of the two is not enough.
    CHECK_FALSE(sets.areMissing(6, sps));
    CHECK(sets.areMissing(6, idr));
}

TEST_CASE("a recovery point is a picture that decoding may begin with") {
    ParameterSets sets(PayloadFormat::h264);
    sets.describe("Z0LgH4xo,aM48gA==");
    CHECK(sets.areMissing(1, Unit{0x06, 0x06, 0x01, 0xc4, 0x80}));
    CHECK(sets.areMissing(2, Unit{0x06, 0x01, 0x02, 0x00, 0x00, 0x06, 0x01, 0xc4, 0x80})); // behind another
    CHECK_FALSE(sets.areMissing(3, Unit{0x06, 0x05, 0x01, 0x06, 0x80}));
    CHECK_FALSE(sets.areMissing(4, Unit{0x06, 0xff}));
}

TEST_CASE("a set replaces that of its kind and number, others stay beside it") {
    ParameterSets sets(PayloadFormat::h264);
    const Unit other{0x68, 0x4e, 0x3c, 0x80}; // its number is 1
    const Unit fresh{0x68, 0xce, 0x11, 0x80};
    sets.areMissing(1, aggregated({sps, pps, other, fresh}));
    CHECK(unitsOf(NalCodec::h264, sets) == std::vector<Unit>{sps, fresh, other});
}

TEST_CASE("sets of H.265 are kept in the order that decoders need") {
    const Unit vps{0x40, 0x01, 0x0c, 0x01};
    const Unit sps265{0x42, 0x01, 0x01, 0x01};
    const Unit pps265{0x44, 0x01, 0xc1, 0x72};
    ParameterSets sets(PayloadFormat::h265);
    sets.describe("RAHBcg==");
    sets.describe("QgEBAQ==");
    sets.describe("QAEMAQ==");
    CHECK(unitsOf(NalCodec::h265, sets) == std::vector<Unit>{vps, sps265, pps265});
    CHECK(sets.areMissing(1, Unit{0x26, 0x01, 0xaf})); // IDR_W_RADL
    CHECK(sets.areMissing(2, Unit{0x62, 0x01, 0x93, 0xaf}));
    CHECK_FALSE(sets.areMissing(3, Unit{0x02, 0x01, 0xd0}));
    CHECK_FALSE(sets.areMissing(4, aggregated({vps, sps265, pps265, {0x26, 0x01, 0xaf}}, {0x60, 0x01})));
}

TEST_CASE("whoever makes up ever new sets gets no more than a packet of them") {
    ParameterSets sets(PayloadFormat::h264);
    for (unsigned i = 0; i < 1000; ++i) {
        Unit large(300, static_cast<std::uint8_t>(i));
        large[0] = 0x68;
        large[1] = static_cast<std::uint8_t>(i);
        large[2] = static_cast<std::uint8_t>(i >> 3U);
        sets.areMissing(i, large);
        REQUIRE(sets.payload().size() <= ParameterSets::mostBytes);
    }
    CHECK(sets.payload().size() > 300);
    sets.areMissing(1, Unit(2000, 0x67));
    CHECK(sets.payload().size() <= ParameterSets::mostBytes);
}

TEST_CASE("what is no set, and other codecs, are left alone") {
    ParameterSets sets(PayloadFormat::h264);
    sets.describe("!,,Zg==,ZYiE"); // nothing, nothing, a header alone, an IDR slice
    CHECK(unitsOf(NalCodec::h264, sets).empty());
    for (const Unit& broken : {Unit{}, Unit{0x78}, Unit{0x78, 0xff, 0xff}, Unit{0x7c}, Unit{0x67}})
        CHECK_FALSE(sets.areMissing(1, broken));
    ParameterSets vp8(PayloadFormat::vp8);
    vp8.describe("Z0LgH4xo,aM48gA==");
    CHECK_FALSE(vp8.areMissing(1, idr));
}
