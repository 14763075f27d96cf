// Attributes that say which transport an m-line belongs to, and the identity, ICE and DTLS of that
// transport. Pure code, any thread.
#pragma once

#include "relay/sdp/description.h"
#include "relay/sdp/fingerprint.h"
#include "relay/sdp/ice_credentials.h"
#include "relay/sdp/media_line.h"

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

/// Whether a BUNDLE group names this mid first.
bool isTagged(const Description& description, std::string_view mid);

/// Of the transport of line `index`: its own attribute, that of the line that its BUNDLE group names first
/// (RFC 9143 section 7.1.3), or the session's.
std::optional<std::string> inherited(const Description& description, std::size_t index, std::string_view key);
std::vector<std::string> allInherited(const Description& description, std::size_t index,
                                      std::string_view key);

/// Whether media flows that way: `oneWay` is `sendonly` or `recvonly`. A line that says nothing is as the
/// session, and that is sendrecv (RFC 8866 section 6.7).
bool hasDirection(const Description& description, const Section& section, std::string_view oneWay);

/// For messages: `m-line 1 (video)`.
std::string placeOf(const Description& description, std::size_t index);

/// The mid of a line, empty when it has none. `taken` are those of the lines before it.
std::variant<std::string, Error> readMid(const Description& description, std::size_t index,
                                         std::set<std::string>& taken);

/// Whether there is an `a=group:BUNDLE` that has all lines that are carried; the first such one counts, and
/// each line is told whether it is in that. Without one it is an error that more than one line is carried:
/// one transport is for all.
std::variant<bool, Error> readBundle(const Description& description, std::vector<MediaLine>& lines);

/// What a description says of its author's end of the transport.
struct RemoteTransport {
    IceCredentials ice;
    Fingerprint fingerprint; ///< the strongest that is given, the same on all lines
    std::string setup;       ///< `actpass`, `active` or `passive`
};

/// The line whose transport those that are carried share: the one that the group names first, unless that is
/// refused; then `first`, the first that is carried.
std::size_t transportLine(const Description& description, const std::vector<MediaLine>& lines,
                          std::size_t first);

/// ICE and `a=setup` of the line `index`; the fingerprint of it and of the `others`.
std::variant<RemoteTransport, Error> readTransport(const Description& description, std::size_t index,
                                                   const std::vector<std::size_t>& others);

bool offersTrickle(const Description& description, std::size_t index);

} // namespace spillway::relay::sdp
