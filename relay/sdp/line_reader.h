// Reads the m-lines of a description, a publisher's, an SFU's or a viewer's: the only place that does. What
// they differ in is a value, LineTerms. Pure code, any thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/media_line.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// What of the author's lines is carried.
struct LineTerms {
    std::string_view oneWay; ///< `sendonly` when the author is to send, `recvonly` when to receive
    std::string_view idle;   ///< why a line with neither that nor `sendrecv` is refused: `does not send`
    bool (*extension)(const Extension&); ///< whether it is carried
    /// Leaves the payloads that are carried; when none is left, says why.
    std::function<std::string(const Section&, std::vector<Payload>&)> choosePayloads;
};

struct MediaLines {
    std::vector<MediaLine> all;
    std::vector<std::size_t> carried; ///< indexes
    std::string refusals;             ///< why lines of audio and video are not; empty when all are
    std::string unknownCodecs;        ///< the part of it that is for their codecs

    /// Why nothing is carried; `verdict` such as `nothing can be sent`.
    std::string whyNone(std::string_view verdict) const;
};

/// Other kinds than audio and video, and lines with nothing that is carried, are refused one by one. An error
/// when a line is malformed, or lacks what every line of media must have.
std::variant<MediaLines, Error> readLines(const Description& description, const LineTerms& terms);

} // namespace spillway::relay::sdp
