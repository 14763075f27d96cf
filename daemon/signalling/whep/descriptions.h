// What a WHEP session needs to know of descriptions: who sends on the lines of a server's offer, and how
// candidates of ours are told apart from it (RFC 8840 section 9). Pure code, any thread.
#pragma once

#include "relay/call/call.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace spillway::daemon::whep {

/// The lines of our offer: `0` is video, `1` is audio.
relay::LineOwners ownersOfOurOffer(const std::string& participant);

/// The audio and video lines of a server's offer that send: `video`, `audio`, and from the second of a kind
/// on `video-2` … Empty when it is no description; the relay then says what is wrong with it.
relay::LineOwners ownersOf(const std::string& sdp, const std::string& participant);

/// Our candidates that the server does not know yet.
class Trickle {
  public:
    /// What we sent last, offer or answer: candidates belong to it.
    void describe(const std::string& sdp) { description_ = sdp; }
    /// Those of lines that are not in it are left out when they are sent, and those above the bound at once.
    void add(const std::string& mid, const std::string& candidate);
    bool empty() const { return candidates_.empty(); }
    /// The body of a PATCH (`application/trickle-ice-sdpfrag`) with all of them; nothing remains.
    std::string take();

  private:
    static constexpr std::size_t maxCandidates = 64;

    std::string description_;
    std::vector<std::pair<std::string, std::string>> candidates_; ///< by mid
};

} // namespace spillway::daemon::whep
