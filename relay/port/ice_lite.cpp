#include "relay/port/ice_lite.h"

#include "relay/base/big_endian.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace spillway::relay::port {

namespace {

// RFC 8489 sections 5 and 14.
constexpr std::size_t headerBytes = 20;
constexpr std::size_t attributeHeaderBytes = 4;
constexpr std::uint16_t bindingRequest = 0x0001;
constexpr std::uint16_t usernameAttribute = 0x0006;
constexpr std::uint16_t integrityAttribute = 0x0008;
constexpr std::size_t integrityBytes = 20;
constexpr std::size_t fingerprintBytes = 4;
constexpr std::size_t longestAddressBytes = 20; // of IPv6

/// As RFC 8445 section 7.1.1 wants it, by section 5.1.2.1: type preference 110, local preference 65535,
/// component 1.
constexpr std::uint32_t peerReflexivePriority = (110U << 24U) + (65535U << 8U) + 255U;
/// The lowest: a remote that takes itself for controlled too is the one to change (RFC 8445 section 7.3.1.1).
constexpr std::uint64_t ourTieBreaker = 0;

/// The value of the first such attribute of a STUN message, up to where the integrity ends it: what comes
/// behind that is signed by nobody (RFC 8489 section 14.5).
std::optional<Bytes> attribute(Bytes message, std::uint16_t wanted) {
    for (Bytes rest = message.subspan(headerBytes); rest.size() >= attributeHeaderBytes;) {
        const std::uint16_t type = readU16(rest.data());
        const std::size_t bytes = readU16(rest.data() + 2);
        const std::size_t padded = (bytes + 3) / 4 * 4;
        rest = rest.subspan(attributeHeaderBytes);
        if (padded > rest.size()) return std::nullopt;
        if (type == wanted) return rest.first(bytes);
        if (type == integrityAttribute) return std::nullopt;
        rest = rest.subspan(padded);
    }
    return std::nullopt;
}

/// Keeps no state: what it asks is forgotten at once, so that the sessions of a thread share it
/// (12 KB).
StunAgent& sharedAgent() {
    static constexpr std::array<std::uint16_t, 10> known{
        STUN_ATTRIBUTE_MAPPED_ADDRESS,
        STUN_ATTRIBUTE_USERNAME,
        STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
        STUN_ATTRIBUTE_ERROR_CODE,
        STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
        STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
        STUN_ATTRIBUTE_PRIORITY,
        STUN_ATTRIBUTE_USE_CANDIDATE,
        STUN_ATTRIBUTE_FINGERPRINT,
        0, // ends the list
    };
    thread_local StunAgent agent = [] {
        StunAgent fresh{};
        stun_agent_init(&fresh, known.data(), STUN_COMPATIBILITY_RFC5389,
                        static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                         STUN_AGENT_USAGE_USE_FINGERPRINT));
        return fresh;
    }();
    return agent;
}

std::uint8_t* bytesOf(std::string& text) {
    return reinterpret_cast<std::uint8_t*>(text.data());
}

std::size_t refusal(const StunMessage& request, StunError error, MutableBytes into) {
    StunAgent& agent = sharedAgent();
    StunMessage reply{};
    if (!stun_agent_init_error(&agent, &reply, into.data(), into.size(), &request, error)) return 0;
    return stun_agent_finish_message(&agent, &reply, request.key, request.key_len);
}

/// For what did not pass (RFC 8489 sections 6.3.1 and 9.1.3).
std::size_t refusal(StunValidationStatus status, const StunMessage& request, MutableBytes into) {
    const bool parsed = status != STUN_VALIDATION_NOT_STUN && status != STUN_VALIDATION_INCOMPLETE_STUN;
    if (!parsed || stun_message_get_class(&request) != STUN_REQUEST) return 0;
    switch (status) {
    case STUN_VALIDATION_UNAUTHORIZED:
        return refusal(request, STUN_ERROR_UNAUTHORIZED, into);
    case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
        return refusal(request, STUN_ERROR_BAD_REQUEST, into);
    case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE: {
        StunMessage reply{};
        return stun_agent_build_unknown_attributes_error(&sharedAgent(), &reply, into.data(), into.size(),
                                                         &request);
    }
    default: // without a right FINGERPRINT it may be no STUN at all
        return 0;
    }
}

/// Header, XOR-MAPPED-ADDRESS, USERNAME, MESSAGE-INTEGRITY, FINGERPRINT.
std::size_t longestConfirmation(std::size_t usernameBytes) {
    return headerBytes + 4 * attributeHeaderBytes + longestAddressBytes + (usernameBytes + 3) / 4 * 4 +
           integrityBytes + fingerprintBytes;
}

/// 0 for anything but a check: an indication, another method.
std::size_t confirmation(StunMessage& request, const SocketAddress& remote, MutableBytes into) {
    sockaddr_storage from{};
    std::memcpy(&from, remote.get(), remote.size());
    StunMessage reply{};
    std::size_t bytes = into.size();
    bool controlling = false;
    const auto result = stun_usage_ice_conncheck_create_reply(&sharedAgent(), &request, &reply, into.data(),
                                                              &bytes, &from, remote.size(), &controlling, 0,
                                                              STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    return result == STUN_USAGE_ICE_RETURN_SUCCESS ? bytes : 0;
}

} // namespace

std::optional<std::string_view> addressedUfrag(Bytes datagram) {
    if (kindOf(datagram) != DatagramKind::stun || readU16(datagram.data()) != bindingRequest ||
        readU16(datagram.data() + 2) != datagram.size() - headerBytes)
        return std::nullopt;
    const auto value = attribute(datagram, usernameAttribute);
    if (!value) return std::nullopt;
    const std::string_view username(reinterpret_cast<const char*>(value->data()), value->size());
    const auto colon = username.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    return username.substr(0, colon);
}

IceLite::IceLite(IceCredentials ours, IceCredentials theirs, Clock::time_point now)
    : ours_(std::move(ours))
    , theirs_(std::move(theirs))
    , username_(ours_.ufrag + ':' + theirs_.ufrag)
    , lastCheck_(now) {}

IceLite::~IceLite() = default;

IceLite::Outcome IceLite::receive(Bytes datagram, const Path& path, Clock::time_point now,
                                  MutableBytes into) {
    if (kindOf(datagram) != DatagramKind::stun) return {};
    // libnice compares so many bytes, whatever the length says.
    const auto integrity = attribute(datagram, integrityAttribute);
    if (integrity && integrity->size() != integrityBytes) return {};

    StunMessage request{};
    std::array<StunDefaultValidaterData, 2> expected{}; // the second ends the list
    expected[0] = {bytesOf(username_), username_.size(), bytesOf(ours_.pwd), ours_.pwd.size()};
    into = into.first(std::min(into.size(), maxMessage));
    const auto status = stun_agent_validate(&sharedAgent(), &request, datagram.data(), datagram.size(),
                                            stun_agent_default_validater, expected.data());
    if (status != STUN_VALIDATION_SUCCESS) return {refusal(status, request, into)};
    // A lite side stays controlled (RFC 8445 section 6.1.1): it is the remote that changes its role.
    if (stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED))
        return {refusal(request, STUN_ERROR_ROLE_CONFLICT, into)};
    // libnice aborts where a reply does not fit.
    if (into.size() < longestConfirmation(username_.size())) return {};
    const std::size_t bytes = confirmation(request, path.remote, into);
    if (bytes == 0) return {};

    const bool moves = stun_usage_ice_conncheck_use_candidate(&request) && selected_ != path;
    if (moves) selected_ = path;
    if (!selected_ || *selected_ == path) lastCheck_ = now;
    return {bytes, moves, !selected_};
}

std::size_t IceLite::check(MutableBytes into) {
    StunAgent& agent = sharedAgent();
    StunMessage request{};
    std::string username = theirs_.ufrag + ':' + ours_.ufrag;
    into = into.first(std::min(into.size(), maxMessage));
    const std::size_t bytes = stun_usage_ice_conncheck_create(
        &agent, &request, into.data(), into.size(), bytesOf(username), username.size(), bytesOf(theirs_.pwd),
        theirs_.pwd.size(), FALSE, FALSE, peerReflexivePriority, ourTieBreaker, nullptr,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    StunTransactionId id{};
    stun_message_id(&request, id);
    stun_agent_forget_transaction(&agent, id);
    return bytes;
}

} // namespace spillway::relay::port
