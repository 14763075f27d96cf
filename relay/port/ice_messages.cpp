#include "relay/port/ice_messages.h"

#include "relay/port/demux.h"

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace spillway::relay::port {

namespace {

constexpr std::size_t fingerprintBytes = 4;     // RFC 8489 section 14.7
constexpr std::size_t longestAddressBytes = 20; // RFC 8489 section 14.1, of IPv6

/// As RFC 8445 section 7.1.1 wants it, by section 5.1.2.1: type preference 110, local preference 65535,
/// component 1.
constexpr std::uint32_t peerReflexivePriority = (110U << 24U) + (65535U << 8U) + 255U;
/// Low: a remote that takes itself for controlled too is the one to change (RFC 8445 section 7.3.1.1). Not 0,
/// for libjuice (libdatachannel, so OBS) takes that for no role at all and refuses the check.
constexpr std::uint64_t ourTieBreaker = 1;

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

const std::uint8_t* bytesOf(const std::string& text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// libnice compares so many bytes, whatever the length says.
bool hasWholeIntegrity(Bytes datagram) {
    const auto integrity = stunAttribute(datagram, stunIntegrity);
    return integrity && integrity->size() == stunIntegrityBytes;
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
    return stunHeaderBytes + 4 * stunAttributeHeaderBytes + longestAddressBytes +
           (usernameBytes + 3) / 4 * 4 + stunIntegrityBytes + fingerprintBytes;
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

/// A request with our transaction id instead of libnice's.
bool begin(StunMessage& request, const TransactionId& id, MutableBytes into) {
    if (!stun_agent_init_request(&sharedAgent(), &request, into.data(), into.size(), STUN_BINDING))
        return false;
    std::copy(id.begin(), id.end(), into.subspan(stunHeaderBytes - id.size()).begin());
    return true;
}

std::size_t sign(StunMessage& request, const std::string& pwd) {
    return stun_agent_finish_message(&sharedAgent(), &request, bytesOf(pwd), pwd.size());
}

void forget(const StunMessage& request) {
    StunTransactionId id{};
    stun_message_id(&request, id);
    stun_agent_forget_transaction(&sharedAgent(), id);
}

bool appendCheck(StunMessage& request, const std::string& username) {
    return stun_message_append32(&request, STUN_ATTRIBUTE_PRIORITY, peerReflexivePriority) ==
               STUN_MESSAGE_RETURN_SUCCESS &&
           stun_message_append64(&request, STUN_ATTRIBUTE_ICE_CONTROLLED, ourTieBreaker) ==
               STUN_MESSAGE_RETURN_SUCCESS &&
           stun_message_append_bytes(&request, STUN_ATTRIBUTE_USERNAME, username.data(), username.size()) ==
               STUN_MESSAGE_RETURN_SUCCESS;
}

} // namespace

AnsweredCheck answerCheck(Bytes datagram, const std::string& username, const std::string& pwd,
                          const SocketAddress& remote, MutableBytes into) {
    if (stunAttribute(datagram, stunIntegrity) && !hasWholeIntegrity(datagram)) return {};
    StunMessage request{};
    std::array<StunDefaultValidaterData, 2> expected{}; // the second ends the list
    expected[0] = {const_cast<std::uint8_t*>(bytesOf(username)), username.size(),
                   const_cast<std::uint8_t*>(bytesOf(pwd)), pwd.size()};
    const auto status = stun_agent_validate(&sharedAgent(), &request, datagram.data(), datagram.size(),
                                            stun_agent_default_validater, expected.data());
    if (status != STUN_VALIDATION_SUCCESS) return {refusal(status, request, into)};
    // A lite side stays controlled (RFC 8445 section 6.1.1): it is the remote that changes its role.
    if (stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED))
        return {refusal(request, STUN_ERROR_ROLE_CONFLICT, into)};
    // libnice aborts where a reply does not fit.
    if (into.size() < longestConfirmation(username.size())) return {};
    const std::size_t bytes = confirmation(request, remote, into);
    if (bytes == 0) return {};
    return {bytes, true, stun_usage_ice_conncheck_use_candidate(&request)};
}

std::size_t writeCheck(const TransactionId& id, const std::string& username, const std::string& pwd,
                       MutableBytes into) {
    StunMessage request{};
    if (!begin(request, id, into) || !appendCheck(request, username)) return 0;
    const std::size_t bytes = sign(request, pwd);
    forget(request);
    return bytes;
}

/// libnice takes an answer only to what its agent asked: so it asks once more, but sends nothing.
bool answersCheck(Bytes datagram, const TransactionId& id, const std::string& pwd) {
    if (kindOf(datagram) != DatagramKind::stun || !isBindingAnswer(datagram) ||
        transactionOf(datagram) != id || !hasWholeIntegrity(datagram))
        return false;
    std::array<std::uint8_t, 64> unsent{};
    StunMessage request{};
    if (!begin(request, id, unsent) || sign(request, pwd) == 0) return false;
    StunMessage answer{};
    const auto status =
        stun_agent_validate(&sharedAgent(), &answer, datagram.data(), datagram.size(), nullptr, nullptr);
    forget(request);
    return status == STUN_VALIDATION_SUCCESS;
}

} // namespace spillway::relay::port
