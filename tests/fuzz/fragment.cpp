// What a peer trickles: the body of a PATCH, and a candidate by itself.
#include "fuzz.h"

#include "relay/sdp/candidate.h"
#include "relay/sdp/fragment.h"

using namespace spillway::relay;
using spillway::fuzz::require;

namespace {

/// What we write of a candidate is read as the same one.
void readCandidate(std::string_view line) {
    const auto candidate = sdp::parseCandidate(line);
    if (!candidate) return;
    require(candidate->text.find_first_of("\r\n") == std::string::npos);
    const auto again = sdp::parseCandidate(candidate->text);
    require(again && again->text == candidate->text && again->usable == candidate->usable);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    readCandidate(text);
    const auto read = sdp::parseFragment(text);
    const auto* fragment = std::get_if<sdp::Fragment>(&read);
    if (!fragment) return 0;
    require(text.size() <= sdp::maxFragmentBytes);
    require(fragment->candidates.size() <= sdp::maxFragmentCandidates);
    for (const auto& candidate : fragment->candidates)
        readCandidate(candidate.candidate);
    return 0;
}
