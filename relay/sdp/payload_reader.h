// The payload types of an m-section. Comes in: its a=rtpmap, a=fmtp and a=rtcp-fb. Goes out: payloads,
// whether we know their codec or not. Pure code, any thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/media_line.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spillway::relay::sdp {

/// In the order of the m-line, each with its RTX; those without an a=rtpmap that can be read are left out.
std::vector<Payload> readPayloads(const Section& section);

/// The `name=value` of an fmtp in their order, names in lower case; what has no name is left out.
std::vector<std::pair<std::string, std::string>> fmtpParameters(std::string_view fmtp);

/// One of them; `name` in lower case.
std::optional<std::string> fmtpParameter(std::string_view fmtp, std::string_view name);

/// With what tells it from others of its encoding, for messages: `H264/90000 (packetization-mode=0)`.
std::string codecName(const Payload& payload);

/// Each once, for messages: `AV1/90000, PCMU/8000`; `none with an a=rtpmap` without any.
std::string codecNames(const std::vector<Payload>& payloads);

} // namespace spillway::relay::sdp
