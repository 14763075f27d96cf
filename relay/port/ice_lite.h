// Our side of ICE with one remote, as a lite agent (RFC 8445 section 2.5) that also asks back: return
// routability and consent.
//
// Comes in: STUN messages with the path they came by, and time. Goes out: replies, our own checks, and the
// selected path. A message without the right MESSAGE-INTEGRITY and FINGERPRINT changes nothing. A path is
// selected once the remote nominated it and answered our check over it; until then the one before stays. So
// a source that is forged, or a check that somebody recorded and plays back, moves nothing, and brings the
// reply, a check for each request, and a few more checks for a nomination. Of several nominations the last
// counts (RFC 8445 section 8.1.1, with aggressive nomination too). The answers to our checks of the selected
// path are the remote's consent (RFC 7675 section 5.1). No sockets, no clock. Thread of its session.
#pragma once

#include "relay/base/clock.h"
#include "relay/port/path.h"
#include "relay/port/stun_message.h"
#include "relay/sdp/ice_credentials.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay::port {

using sdp::IceCredentials;

class IceLite {
  public:
    static constexpr std::chrono::seconds consentTime{30};      ///< RFC 7675 section 5.1
    static constexpr std::chrono::seconds consentInterval{5};   ///< the same; each 0.8 to 1.2 of it
    static constexpr std::chrono::milliseconds firstRetry{500}; ///< RFC 8445 section 14.3; then twice as long
    static constexpr unsigned maxRetries = 3;                   ///< of a check of a nominated path
    static constexpr std::chrono::seconds answerTime{5};        ///< how long an answer counts, and its proof
    static constexpr std::size_t maxPaths = 16;                 ///< that are known at once: the latest
    static constexpr std::size_t maxMessage = 548;              ///< bytes

    /// `tag` comes back in the answers.
    IceLite(IceCredentials ours, IceCredentials theirs, SessionTag tag, Clock::time_point now);
    ~IceLite();
    IceLite(const IceLite&) = delete;
    IceLite& operator=(const IceLite&) = delete;

    /// When the sender is to be checked. Behind the reply, the remote can nominate at once. Before the reply
    /// to a nomination, its answer comes before the DTLS that this reply sets free.
    enum class CheckBack { no, behindReply, beforeReply };
    struct Outcome {
        std::size_t reply = 0; ///< bytes written for the sender; 0 is silence
        bool accepted = false; ///< it was a valid check
        bool selected = false; ///< the selected path is another than before
        CheckBack checkBack = CheckBack::no;
    };
    /// `into` has room for maxMessage.
    Outcome receive(Bytes datagram, const Path& path, Clock::time_point now, MutableBytes into);

    /// A path that is to be checked now; the check moves it on.
    std::optional<Path> due(Clock::time_point now) const;
    /// When one will be.
    std::optional<Clock::time_point> nextDue() const;
    /// Writes a check of a path that is due or asked for, and returns its bytes; 0 when there is none.
    std::size_t check(const Path& path, Clock::time_point now, MutableBytes into);

    SessionTag tag() const { return tag_; }
    /// The only one that may carry DTLS and SRTP.
    const std::optional<Path>& selected() const { return selected_; }
    /// It is another session's now.
    void loseSelected();
    bool hasConsent(Clock::time_point now) const { return now - lastAnswer_ < consentTime; }

  private:
    /// What is known of a path that the remote checked.
    struct Known {
        Path path;
        Clock::time_point heard;                   ///< the latest check
        std::uint64_t nomination = 0;              ///< its place among all; 0 is none
        std::optional<Clock::time_point> proven{}; ///< the latest answer
        std::optional<TransactionId> asked{};      ///< not answered yet
        Clock::time_point askedSince{};
        unsigned sent = 0; ///< times
        std::optional<Clock::time_point> next{};

        bool awaitsAnswer(Clock::time_point now) const { return asked && now - askedSince < answerTime; }
        bool isProven(Clock::time_point now) const { return proven && now - *proven < answerTime; }
    };

    Known* find(const Path& path);
    Known& know(const Path& path, Clock::time_point now);
    CheckBack onCheck(const Path& path, bool nominates, Clock::time_point now);
    void onAnswer(Bytes datagram, const Path& path, Clock::time_point now);
    void select(Known& chosen);
    std::optional<Clock::time_point> nextCheck(const Known& known, Clock::time_point now) const;

    const IceCredentials ours_;
    const IceCredentials theirs_;
    const SessionTag tag_;
    std::vector<Known> known_; ///< the selected one among them
    std::optional<Path> selected_;
    std::uint64_t nominations_ = 0; ///< so far
    Clock::time_point lastAnswer_;  ///< over the selected path; of any, while none is
};

} // namespace spillway::relay::port
