// The description of a publisher or of an SFU, and what webrtcbin is shown of it.
#include "fuzz.h"

#include "relay/sdp/description.h"
#include "relay/sdp/remote_description.h"

using namespace spillway;
using namespace spillway::relay;
using fuzz::require;

namespace {

void read(std::string_view text, sdp::Author author) {
    static const std::vector<config::Codec> all{config::Codec::vp8, config::Codec::vp9, config::Codec::h264,
                                                config::Codec::h265};
    const auto result = sdp::readRemoteDescription(text, all, author);
    const auto* offer = std::get_if<sdp::RemoteDescription>(&result);
    if (!offer) return;
    for (const auto& line : offer->lines)
        for (const std::uint32_t ssrc : line.ssrcs)
            require(offer->allows(ssrc));

    // Whatever the peer named, it goes on as well-formed lines.
    const auto shown = sdp::parseDescription(offer->textForWebrtcbin(), sdp::sfuLimits);
    const auto* description = std::get_if<sdp::Description>(&shown);
    require(description && description->sections.size() == offer->order.size());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read(text, sdp::Author::publisher);
    read(text, sdp::Author::sfu);
    return 0;
}
