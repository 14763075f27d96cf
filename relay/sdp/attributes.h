// Attributes that the readers of offers have in common: identity, ICE and DTLS of a line. Pure code, any
// thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// RTP over DTLS-SRTP with feedback, in the spellings that are in use.
bool isSavpf(std::string_view protocol);

/// Its own attribute, or the session's.
std::optional<std::string> inherited(const Description& description, const Section& section,
                                     std::string_view key);

/// Whether media flows that way: `oneWay` is `sendonly` or `recvonly`. A line that says nothing is as the
/// session, and that is sendrecv (RFC 8866 section 6.7).
bool hasDirection(const Description& description, const Section& section, std::string_view oneWay);

/// For messages: `m-line 1 (video)`.
std::string placeOf(const Description& description, std::size_t index);

/// The mid of a line, empty when it has none. `taken` are those of the lines before it.
std::variant<std::string, Error> readMid(const Description& description, std::size_t index,
                                         std::set<std::string>& taken);

std::variant<IceCredentials, Error> readIceCredentials(const Description& description, std::size_t index);

/// The strongest that each of these lines has, its own or the session's: the same on all that have one.
std::variant<Fingerprint, Error> readFingerprint(const Description& description,
                                                 const std::vector<std::size_t>& indexes);

/// `actpass`, `active` or `passive`.
std::variant<std::string, Error> readSetup(const Description& description, std::size_t index);

bool offersTrickle(const Description& description, const Section& section);

} // namespace spillway::relay::sdp
