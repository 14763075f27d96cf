// A remote's full ICE agent, for tests: by libnice, with credentials that never change.
#pragma once

#include "relay/port/demux.h"
#include "relay/port/ice_lite.h"
#include "support/catch.h"

#include <stun/stunagent.h>
#include <stun/usages/bind.h>
#include <stun/usages/ice.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace spillway::relay::port::test {

using Message = std::vector<std::uint8_t>;

inline const IceCredentials ours{"w0ours", "ourpasswordourpasswordour"};
inline const IceCredentials theirs{"theirs", "theirpasswordtheirpassword"};
constexpr SessionTag tag{0x01020304};

inline bool isCheck(const Message& message) {
    return kindOf(message) == DatagramKind::stun && message[0] == 0 && message[1] == 1;
}

class IceClient {
  public:
    struct Check {
        std::optional<std::string> username{}; ///< another than the right one
        std::optional<std::string> pwd{};
        bool nominates = false;
        bool controlling = true;
        bool fingerprint = true;
    };

    explicit IceClient(IceCredentials node = ours, IceCredentials own = theirs)
        : node_(std::move(node))
        , own_(std::move(own)) {
        init(agent_, true);
    }

    Message check(const Check& wanted) {
        if (wanted.fingerprint) return check(agent_, wanted);
        StunAgent without{};
        init(without, false);
        return check(without, wanted);
    }
    Message check() { return check(Check{}); }
    Message nomination() {
        Check wanted;
        wanted.nominates = true;
        return check(wanted);
    }

    struct Reply {
        StunValidationStatus status = STUN_VALIDATION_NOT_STUN;
        StunUsageIceReturn result = STUN_USAGE_ICE_RETURN_ERROR;
        int error = 0;
        std::optional<SocketAddress> mapped;
        bool hasIntegrity = false;
    };
    Reply read(const Message& message) {
        Reply reply;
        StunMessage parsed{};
        reply.status =
            stun_agent_validate(&agent_, &parsed, message.data(), message.size(), nullptr, nullptr);
        if (reply.status == STUN_VALIDATION_NOT_STUN) return reply;
        reply.hasIntegrity = stun_message_has_attribute(&parsed, STUN_ATTRIBUTE_MESSAGE_INTEGRITY);
        stun_message_find_error(&parsed, &reply.error);
        sockaddr_storage address{};
        socklen_t bytes = sizeof address;
        reply.result =
            stun_usage_ice_conncheck_process(&parsed, &address, &bytes, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
        if (reply.result == STUN_USAGE_ICE_RETURN_SUCCESS)
            reply.mapped = SocketAddress::of(reinterpret_cast<const sockaddr*>(&address));
        return reply;
    }

    /// A check of the relay's, as a full agent reads it: what it says beside the right credentials.
    struct Asked {
        StunValidationStatus status = STUN_VALIDATION_NOT_STUN;
        bool binding = false;
        bool controlled = false;
        bool nominates = false;
        std::uint64_t tieBreaker = 1;
        std::uint32_t priority = 0;
    };
    Asked readCheck(const Message& message) {
        Asked asked;
        StunMessage parsed{};
        asked.status = validate(message, parsed);
        if (asked.status != STUN_VALIDATION_SUCCESS) return asked;
        asked.binding = stun_message_get_class(&parsed) == STUN_REQUEST &&
                        stun_message_get_method(&parsed) == STUN_BINDING;
        asked.controlled = stun_message_find64(&parsed, STUN_ATTRIBUTE_ICE_CONTROLLED, &asked.tieBreaker) ==
                           STUN_MESSAGE_RETURN_SUCCESS;
        asked.nominates = stun_usage_ice_conncheck_use_candidate(&parsed);
        asked.priority = stun_usage_ice_conncheck_priority(&parsed);
        return asked;
    }

    /// Answers a check of the relay's that came from `from`.
    Message answer(const Message& check, const SocketAddress& from) {
        StunMessage request{};
        REQUIRE(validate(check, request) == STUN_VALIDATION_SUCCESS);
        sockaddr_storage source{};
        std::memcpy(&source, from.get(), from.size());
        Message message(512);
        StunMessage reply{};
        std::size_t bytes = message.size();
        bool controlling = true;
        REQUIRE(stun_usage_ice_conncheck_create_reply(
                    &agent_, &request, &reply, message.data(), &bytes, &source, from.size(), &controlling, 1,
                    STUN_USAGE_ICE_COMPATIBILITY_RFC5245) == STUN_USAGE_ICE_RETURN_SUCCESS);
        message.resize(bytes);
        return message;
    }

    Message indication() {
        Message message(512);
        StunMessage built{};
        stun_agent_init_indication(&agent_, &built, message.data(), message.size(), STUN_BINDING);
        message.resize(stun_agent_finish_message(&agent_, &built, nullptr, 0));
        return message;
    }

    /// A request with the right integrity, with what `append` adds.
    Message request(StunMethod method, const std::function<void(StunMessage&)>& append) {
        Message message(512);
        StunMessage built{};
        stun_agent_init_request(&agent_, &built, message.data(), message.size(), method);
        stun_message_append_string(&built, STUN_ATTRIBUTE_USERNAME, username().c_str());
        append(built);
        message.resize(stun_agent_finish_message(&agent_, &built, password(), node_.pwd.size()));
        REQUIRE_FALSE(message.empty());
        if (forgets) forget(built);
        return message;
    }

    bool forgets = false; ///< what it asks; it has room for 200 open requests

  private:
    /// What the relay sends to the viewer. `parsed` points into the credentials.
    StunValidationStatus validate(const Message& message, StunMessage& parsed) {
        const auto bytesOf = [](std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); };
        std::array<StunDefaultValidaterData, 2> expected{};
        asked_ = own_.ufrag + ':' + node_.ufrag;
        expected[0] = {bytesOf(asked_), asked_.size(), bytesOf(own_.pwd), own_.pwd.size()};
        return stun_agent_validate(&agent_, &parsed, message.data(), message.size(),
                                   stun_agent_default_validater, expected.data());
    }
    std::string username() const { return node_.ufrag + ':' + own_.ufrag; }
    const std::uint8_t* password() const { return reinterpret_cast<const std::uint8_t*>(node_.pwd.data()); }
    void forget(const StunMessage& request) {
        StunTransactionId id{};
        stun_message_id(&request, id);
        stun_agent_forget_transaction(&agent_, id);
    }
    static void init(StunAgent& agent, bool fingerprint) {
        static constexpr std::array<std::uint16_t, 10> known{
            STUN_ATTRIBUTE_USERNAME,           STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
            STUN_ATTRIBUTE_ERROR_CODE,         STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
            STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, STUN_ATTRIBUTE_PRIORITY,
            STUN_ATTRIBUTE_USE_CANDIDATE,      STUN_ATTRIBUTE_ICE_CONTROLLED,
            STUN_ATTRIBUTE_ICE_CONTROLLING,    0};
        int flags = STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS;
        if (fingerprint) flags |= STUN_AGENT_USAGE_USE_FINGERPRINT;
        stun_agent_init(&agent, known.data(), STUN_COMPATIBILITY_RFC5389,
                        static_cast<StunAgentUsageFlags>(flags));
    }
    Message check(StunAgent& agent, const Check& wanted) const {
        static std::set<std::string> passwords; // the agent remembers where they are
        const std::string& pwd = *passwords.insert(wanted.pwd.value_or(node_.pwd)).first;
        const std::string name = wanted.username.value_or(username());
        Message message(1024);
        StunMessage built{};
        message.resize(stun_usage_ice_conncheck_create(
            &agent, &built, message.data(), message.size(),
            reinterpret_cast<const std::uint8_t*>(name.data()), name.size(),
            reinterpret_cast<const std::uint8_t*>(pwd.data()), pwd.size(), wanted.nominates,
            wanted.controlling, 1, 0x1234, nullptr, STUN_USAGE_ICE_COMPATIBILITY_RFC5245));
        return message;
    }

    const IceCredentials node_;
    IceCredentials own_;
    std::string asked_; ///< the USERNAME of a check that is read
    StunAgent agent_{};
};

} // namespace spillway::relay::port::test
