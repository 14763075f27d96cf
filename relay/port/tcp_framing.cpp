#include "relay/port/tcp_framing.h"

#include "relay/base/big_endian.h"

#include <algorithm>

namespace spillway::relay::port {

/// Bytes of the frame that has begun, with its header, as far as they are known.
std::size_t FrameReader::wanted() const {
    return held_ < frameHeaderBytes ? frameHeaderBytes : frameHeaderBytes + readU16(part_.data());
}

bool FrameReader::read(Bytes stream, const std::function<void(Bytes)>& each) {
    while (!stream.empty()) {
        const std::size_t taken = std::min(stream.size(), wanted() - held_);
        std::copy_n(stream.data(), taken, part_.data() + held_);
        held_ += taken;
        stream = stream.subspan(taken);
        if (held_ < frameHeaderBytes) continue;
        if (wanted() > part_.size()) return false;
        if (held_ < wanted()) continue;
        const std::size_t bytes = held_ - frameHeaderBytes;
        held_ = 0;
        if (bytes > 0) each(Bytes(part_).subspan(frameHeaderBytes, bytes));
    }
    return true;
}

} // namespace spillway::relay::port
