// What a STUN message says before anybody's password is known: whom it is for, and its attributes. Pure code,
// any thread.
#pragma once

#include "relay/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace spillway::relay::port {

// RFC 8489 sections 5 and 14.5.
constexpr std::size_t stunHeaderBytes = 20;
constexpr std::size_t stunAttributeHeaderBytes = 4;
constexpr std::uint16_t stunIntegrity = 0x0008;
constexpr std::size_t stunIntegrityBytes = 20;

/// RFC 8489 section 5: 96 bits. The first 32 of ours are the tag of the session that asks, the others random:
/// who did not see the check cannot answer it.
using TransactionId = std::array<std::uint8_t, 12>;

/// Names a session in the answers to its checks, which have no USERNAME.
enum class SessionTag : std::uint32_t {};

TransactionId makeTransactionId(SessionTag asks);
/// Of a whole STUN header.
TransactionId transactionOf(Bytes message);
bool isBindingAnswer(Bytes message);

/// The name before the colon in the USERNAME of a request, or the tag that an answer brings back.
using Addressee = std::variant<std::string_view, SessionTag>;

/// Nothing when the message is no well-formed binding request or success response, or a request without such
/// a name. Valid as long as the datagram.
std::optional<Addressee> addresseeOf(Bytes datagram);

/// The value of the first such attribute of a STUN message, up to where the integrity ends it: what comes
/// behind that is signed by nobody (RFC 8489 section 14.5).
std::optional<Bytes> stunAttribute(Bytes message, std::uint16_t wanted);

} // namespace spillway::relay::port
