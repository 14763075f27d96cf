// The description of a publisher or of an SFU, the answer of a server, and what webrtcbin is shown of them.
// An input may hold a second description of the same SFU after a NUL.
#include "fuzz.h"

#include "relay/sdp/description.h"
#include "relay/sdp/line_lens.h"
#include "relay/sdp/receiving_offer.h"
#include "relay/sdp/remote_description.h"

using namespace spillway;
using namespace spillway::relay;
using fuzz::require;

namespace {

const std::vector<config::Codec> allCodecs{config::Codec::vp8, config::Codec::vp9, config::Codec::h264,
                                           config::Codec::h265};

/// Whatever the peer named, it goes on as well-formed lines.
void requireLines(const std::string& text, std::size_t lines) {
    const auto shown = sdp::parseDescription(text, sdp::sfuLimits);
    const auto* description = std::get_if<sdp::Description>(&shown);
    require(description && description->sections.size() == lines);
}

std::optional<sdp::RemoteDescription> read(std::string_view text, sdp::Author author) {
    auto result = sdp::readRemoteDescription(text, allCodecs, author);
    auto* offer = std::get_if<sdp::RemoteDescription>(&result);
    if (!offer) return std::nullopt;
    for (const auto& line : offer->lines)
        for (const std::uint32_t ssrc : line.ssrcs)
            require(offer->allows(ssrc));
    requireLines(offer->textForWebrtcbin(), offer->order.size());
    return std::move(*offer);
}

/// What webrtcbin saw once, it sees for ever and in the same order.
void readOneAfterAnother(std::string_view first, std::string_view second) {
    sdp::LineLens lens;
    std::vector<std::string> seen;
    for (const std::string_view text : {first, second}) {
        auto offer = read(text, sdp::Author::sfu);
        if (!offer || (!seen.empty() && !lens.sameTransport(*offer))) return;
        auto looked = lens.look(std::move(*offer));
        const auto* shown = std::get_if<sdp::RemoteDescription>(&looked);
        if (!shown) return;
        requireLines(shown->textForWebrtcbin(), shown->order.size());
        require(shown->order.size() >= seen.size());
        for (std::size_t i = 0; i < shown->order.size(); ++i) {
            const std::string& mid = shown->lines[shown->order[i]].mid;
            if (i < seen.size())
                require(mid == seen[i]);
            else
                seen.push_back(mid);
        }
    }
}

void readAnswer(std::string_view text) {
    const auto ours = sdp::receivingOffer(allCodecs);
    const auto result = sdp::readAnswer(ours, text, allCodecs);
    if (const auto* answer = std::get_if<sdp::RemoteDescription>(&result))
        requireLines(sdp::answerFromServer(*answer), ours.size());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = text.find('\0');
    read(text.substr(0, end), sdp::Author::publisher);
    readOneAfterAnother(text.substr(0, end), end == text.npos ? text : text.substr(end + 1));
    readAnswer(text.substr(0, end));
    return 0;
}
