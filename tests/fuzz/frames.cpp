// What a TCP connection brings, cut into pieces in whatever way: the datagrams in it are the same.
//
// An input is a byte, in whose halves are the sizes of the pieces in turn, and the stream.
#include "fuzz.h"

#include "relay/base/big_endian.h"
#include "relay/port/tcp_framing.h"

#include <algorithm>
#include <array>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using spillway::fuzz::require;

namespace {

struct Result {
    std::vector<std::vector<std::uint8_t>> datagrams;
    bool readable = true;
    bool operator==(const Result&) const = default;
};

/// As RFC 4571 section 2 has it, from the whole stream.
Result expected(Bytes stream) {
    Result result;
    while (stream.size() >= frameHeaderBytes) {
        const std::size_t bytes = readU16(stream.data());
        result.readable = bytes <= FrameReader::maxFrame;
        stream = stream.subspan(frameHeaderBytes);
        if (!result.readable || bytes > stream.size()) break;
        if (bytes > 0)
            result.datagrams.emplace_back(stream.begin(), stream.begin() + static_cast<long>(bytes));
        stream = stream.subspan(bytes);
    }
    return result;
}

Result readIn(Bytes stream, const std::array<std::size_t, 2>& sizes) {
    Result result;
    FrameReader reader;
    const auto keep = [&](Bytes datagram) {
        result.datagrams.emplace_back(datagram.begin(), datagram.end());
    };
    for (std::size_t turn = 0; result.readable && !stream.empty(); ++turn) {
        const std::size_t size = std::min(sizes.at(turn % sizes.size()), stream.size());
        result.readable = reader.read(stream.first(size), keep);
        stream = stream.subspan(size);
    }
    return result;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Bytes stream = Bytes(data, size).subspan(1);
    const Result result = expected(stream);
    const std::array<std::size_t, 2> sizes{1U + (data[0] >> 4U), 1U + (data[0] & 0x0FU)};
    require(readIn(stream, {stream.size(), stream.size()}) == result);
    require(readIn(stream, sizes) == result);
    return 0;
}
