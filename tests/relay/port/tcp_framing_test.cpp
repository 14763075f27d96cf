#include "relay/port/tcp_framing.h"

#include "relay/port/tcp_client.h"

#include <algorithm>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using spillway::test::Datagram;
using spillway::test::framed;

namespace {

std::vector<Datagram> datagramsOf(std::initializer_list<std::size_t> sizes) {
    std::vector<Datagram> all;
    for (const std::size_t size : sizes)
        all.push_back(spillway::test::packetOf(size, all.size() + 1));
    return all;
}

Datagram joined(const std::vector<Datagram>& datagrams) {
    Datagram stream;
    for (const Datagram& datagram : datagrams) {
        const Datagram frame = framed(datagram);
        stream.insert(stream.end(), frame.begin(), frame.end());
    }
    return stream;
}

/// What comes out when the stream comes in pieces of so many bytes; nothing when it is unreadable.
std::optional<std::vector<Datagram>> readIn(std::size_t piece, const Datagram& stream) {
    FrameReader reader;
    std::vector<Datagram> out;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        const auto part = Bytes(stream).subspan(at, std::min(piece, stream.size() - at));
        if (!reader.read(part, [&](Bytes frame) { out.emplace_back(frame.begin(), frame.end()); }))
            return std::nullopt;
    }
    return out;
}

} // namespace

TEST_CASE("frames come out whole, in whatever pieces they come", "[tcp]") {
    const auto datagrams = datagramsOf({1, 20, 1500, 2, 1200, 1499, 255, 256});
    const Datagram stream = joined(datagrams);
    for (std::size_t piece = 1; piece <= stream.size(); piece += piece < 8 ? 1 : 97)
        REQUIRE(readIn(piece, stream) == datagrams);
    CHECK(readIn(stream.size(), stream) == datagrams);
}

TEST_CASE("half a frame is nothing yet, and an empty one nothing at all", "[tcp]") {
    const auto datagrams = datagramsOf({100, 200});
    Datagram stream = joined({datagrams[0], {}, {}, datagrams[1]});
    CHECK(readIn(7, stream) == datagrams);
    stream.pop_back();
    CHECK(readIn(7, stream) == std::vector<Datagram>{datagrams[0]});
    CHECK(readIn(1, {0})->empty());
}

TEST_CASE("a frame over 1500 bytes makes the stream unreadable, before it has come", "[tcp]") {
    CHECK(readIn(1, {0x05, 0xDC})->empty()); // 1500
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{64}}) {
        CHECK_FALSE(readIn(piece, {0x05, 0xDD})); // 1501
        CHECK_FALSE(readIn(piece, {0xFF, 0xFF}));
        CHECK_FALSE(readIn(piece, joined(datagramsOf({10, 1501}))));
    }
}
