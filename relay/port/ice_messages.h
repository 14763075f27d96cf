// The STUN messages of ICE, signed and checked by libnice's stun/ library. Keeps no state. Any thread.
#pragma once

#include "relay/base/bytes.h"
#include "relay/net/socket_address.h"
#include "relay/port/stun_message.h"

#include <cstddef>
#include <string>

namespace spillway::relay::port {

struct AnsweredCheck {
    std::size_t reply = 0;  ///< bytes written for the sender; 0 is silence
    bool accepted = false;  ///< a check with the right MESSAGE-INTEGRITY and FINGERPRINT
    bool nominates = false; ///< it has USE-CANDIDATE
};
/// Reads a check with this USERNAME, signed with `pwd`, and writes what it gets, as the controlled side.
AnsweredCheck answerCheck(Bytes datagram, const std::string& username, const std::string& pwd,
                          const SocketAddress& remote, MutableBytes into);

/// Writes a check from the controlled side and returns its bytes; 0 when it does not fit.
std::size_t writeCheck(const TransactionId& id, const std::string& username, const std::string& pwd,
                       MutableBytes into);
/// Whether it is the success response to that check, signed with `pwd`, with a right FINGERPRINT.
bool answersCheck(Bytes datagram, const TransactionId& id, const std::string& pwd);

} // namespace spillway::relay::port
