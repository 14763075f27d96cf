#include "relay/rtp/vp8_descriptor.h"

#include "relay/base/big_endian.h"

#include "support/catch.h"

#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::rtp;

namespace {

using Payload = std::vector<std::uint8_t>;

/// X; I and L set; behind them TID with KEYIDX 5, and a byte of payload.
Payload payload7(unsigned id, unsigned tl0) {
    return {0x90, 0xF0, static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(tl0), 0x05, 0xAB};
}

Payload payload15(unsigned id, unsigned tl0) {
    return {0x90,
            0xF0,
            static_cast<std::uint8_t>(0x80 | id >> 8),
            static_cast<std::uint8_t>(id),
            static_cast<std::uint8_t>(tl0),
            0x05,
            0xAB};
}

} // namespace

TEST_CASE("the numbers of a VP8 descriptor are found where they are") {
    const auto both = readVp8Descriptor(payload15(0x1234, 9));
    CHECK(both.pictureIdAt == 2);
    CHECK(both.pictureId == 0x1234);
    CHECK(both.pictureMask == 0x7FFF);
    CHECK(both.tl0At == 4);
    CHECK(both.tl0 == 9);
    CHECK(readVp8Descriptor(payload7(77, 9)).pictureMask == 0x7F);
    const auto tl0 = readVp8Descriptor(Payload{0x90, 0x40, 3, 0});
    CHECK(tl0.pictureIdAt == 0);
    CHECK(tl0.tl0At == 2);
    CHECK(readVp8Descriptor(Payload{0x10, 0xC0, 3, 3}).pictureIdAt == 0); // no X
}

TEST_CASE("a VP8 descriptor ends before the payload, and is none when it does not fit") {
    CHECK(readVp8Descriptor(payload7(77, 9)).bytes == 5);
    CHECK(readVp8Descriptor(payload15(77, 9)).bytes == 6);
    CHECK(readVp8Descriptor(Payload{0x10, 0xC0}).bytes == 1);
    for (std::size_t size = 0; size < 6; ++size) {
        Payload cut = payload15(77, 9);
        cut.resize(size);
        cut.shrink_to_fit();
        CHECK(readVp8Descriptor(cut).bytes == 0);
    }
}

TEST_CASE("a VP8 descriptor that is cut short has no numbers and is left as it is") {
    Vp8Continuity continuity;
    for (const auto& whole : {payload7(5, 6), payload15(5, 6)})
        for (std::size_t size = 0; size < 4; ++size) {
            Payload cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            cut.shrink_to_fit();
            if (readVp8Descriptor(cut).tl0At != 0) continue; // the short form is whole by then
            const Payload before = cut;
            Vp8Offsets offsets{.pictureId = 100, .tl0 = 100};
            continuity.rewrite(cut, offsets);
            CHECK(cut == before);
        }
}

TEST_CASE("picture ids of 15 bits and TL0PICIDX go on by one over three sources, and around their ends") {
    Vp8Continuity continuity;
    Vp8Offsets first, second, third;
    Payload payload = payload15(0x7FFE, 254);
    continuity.rewrite(payload, first);
    CHECK(payload == payload15(0x7FFE, 254)); // the first as it is
    payload = payload15(0x7FFF, 255);
    continuity.rewrite(payload, first);

    payload = payload15(500, 40);
    continuity.rewrite(payload, second);
    CHECK(payload == payload15(0, 0)); // KEYIDX and the rest are as they were
    payload = payload15(500, 40);
    continuity.rewrite(payload, second); // of the same picture
    CHECK(payload == payload15(0, 0));
    payload = payload15(503, 41); // the source's own gap stays
    continuity.rewrite(payload, second);
    CHECK(payload == payload15(3, 1));

    payload = payload15(0x7FF0, 7);
    continuity.rewrite(payload, third);
    CHECK(payload == payload15(4, 2));
    payload = payload15(0, 8);
    continuity.rewrite(payload, third);
    CHECK(payload == payload15(20, 3));
}

TEST_CASE("picture ids of 7 bits stay 7 bits wide over their end") {
    Vp8Continuity continuity;
    Vp8Offsets first, second;
    Payload payload = payload7(127, 0);
    continuity.rewrite(payload, first);
    payload = payload7(9, 0);
    continuity.rewrite(payload, second);
    CHECK(payload == payload7(0, 1));
    payload = payload7(127, 1);
    continuity.rewrite(payload, second);
    CHECK(payload == payload7(118, 2));
}

TEST_CASE("a late picture does not turn back what the next source goes on from") {
    Vp8Continuity continuity;
    Vp8Offsets first, second;
    for (const unsigned id : {10U, 12U, 11U}) {
        Payload payload = payload15(id, id);
        continuity.rewrite(payload, first);
        CHECK(payload == payload15(id, id));
    }
    Payload payload = payload15(700, 0);
    continuity.rewrite(payload, second);
    CHECK(payload == payload15(13, 13));
}

TEST_CASE("a source without picture ids gets none, and the one behind it goes on from before it") {
    Vp8Continuity continuity;
    Vp8Offsets first, bare, last;
    Payload payload = payload15(10, 20);
    continuity.rewrite(payload, first);
    payload = {0x10, 0xF0, 0xF0, 0xF0};
    continuity.rewrite(payload, bare);
    CHECK(payload == Payload{0x10, 0xF0, 0xF0, 0xF0});
    CHECK_FALSE(bare.pictureId);
    payload = payload15(0, 0);
    continuity.rewrite(payload, last);
    CHECK(payload == payload15(11, 21));
}

TEST_CASE("what was written once is written the same again") {
    Vp8Continuity continuity;
    Vp8Offsets first, second;
    Payload payload = payload15(100, 1);
    continuity.rewrite(payload, first);
    payload = payload15(3, 3);
    continuity.rewrite(payload, second);
    Payload again = payload15(3, 3);
    applyVp8Offsets(again, second);
    CHECK(again == payload);
    CHECK(again == payload15(101, 2));
}
