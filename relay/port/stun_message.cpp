#include "relay/port/stun_message.h"

#include "relay/base/big_endian.h"
#include "relay/base/random.h"
#include "relay/port/demux.h"

#include <algorithm>

namespace spillway::relay::port {

namespace {

// RFC 8489 sections 5, 14.3 and 18.
constexpr std::uint16_t bindingRequest = 0x0001;
constexpr std::uint16_t bindingSuccess = 0x0101;
constexpr std::uint16_t usernameAttribute = 0x0006;
constexpr std::size_t transactionOffset = 8;

std::optional<std::string_view> ufragIn(Bytes request) {
    const auto value = stunAttribute(request, usernameAttribute);
    if (!value) return std::nullopt;
    const std::string_view username(reinterpret_cast<const char*>(value->data()), value->size());
    const auto colon = username.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    return username.substr(0, colon);
}

} // namespace

TransactionId makeTransactionId(SessionTag asks) {
    TransactionId id{};
    writeU32(id.data(), static_cast<std::uint32_t>(asks));
    fillRandom(MutableBytes(id).subspan(sizeof asks));
    return id;
}

TransactionId transactionOf(Bytes message) {
    TransactionId id{};
    std::copy_n(message.data() + transactionOffset, id.size(), id.begin());
    return id;
}

bool isBindingAnswer(Bytes message) {
    return readU16(message.data()) == bindingSuccess;
}

std::optional<Addressee> addresseeOf(Bytes datagram) {
    if (kindOf(datagram) != DatagramKind::stun ||
        readU16(datagram.data() + 2) != datagram.size() - stunHeaderBytes)
        return std::nullopt;
    if (isBindingAnswer(datagram)) return SessionTag{readU32(datagram.data() + transactionOffset)};
    if (readU16(datagram.data()) != bindingRequest) return std::nullopt;
    const auto ufrag = ufragIn(datagram);
    if (!ufrag) return std::nullopt;
    return *ufrag;
}

std::optional<Bytes> stunAttribute(Bytes message, std::uint16_t wanted) {
    for (Bytes rest = message.subspan(stunHeaderBytes); rest.size() >= stunAttributeHeaderBytes;) {
        const std::uint16_t type = readU16(rest.data());
        const std::size_t bytes = readU16(rest.data() + 2);
        const std::size_t padded = (bytes + 3) / 4 * 4;
        rest = rest.subspan(stunAttributeHeaderBytes);
        if (padded > rest.size()) return std::nullopt;
        if (type == wanted) return rest.first(bytes);
        if (type == stunIntegrity) return std::nullopt;
        rest = rest.subspan(padded);
    }
    return std::nullopt;
}

} // namespace spillway::relay::port
