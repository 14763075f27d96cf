// One peer of a call, and the inputs that it feeds the call's tracks with. What differs between a publisher's
// and ours towards an SFU is virtual.
//
// Open until close(), which the owner must call before it destroys it; closed, it holds nothing and may
// outlive the call. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/base/pending.h"
#include "relay/call/call.h"
#include "relay/call/inputs.h"
#include "relay/peer/peer.h"
#include "relay/peer/settings.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

class CallStatus;
class CallTracks;

/// What the peers of one call share. Owner: LiveCall.
struct CallContext {
    Loop& loop;
    const config::CallSettings& settings;
    const config::WebrtcSettings& webrtc;
    ingest::Ingest* ingest; ///< null: publishers get ports of their own
    Pending& waiting;       ///< publishers of all calls that are not connected yet
    const std::uint32_t maxTracks;
    CallStatus& status;
    CallTracks& tracks;
    std::uint64_t lastNumber = 0; ///< of the peer made last

    /// Of the next peer, by what the call's configuration says.
    PeerSettings nextPeer(const std::string& participant);
};

class Feeder {
  public:
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;

    /// A newer one has a greater number, whatever kind it is.
    std::uint64_t number() const { return number_; }
    bool isOpen() const { return peer_ != nullptr; }
    bool connected() const { return peer_ && peer_->connected(); }

    /// Whose the stream of this input is; none while nobody's.
    virtual std::optional<LineOwner> ownerOf(const TrackInput& input) = 0;
    /// Whether it is described that this participant sends something of that kind, and nothing has come yet.
    bool isComing(const std::string& participant, MediaKind kind) const;
    /// Nothing has come for so long that it is rather the peer that is about to be lost than a track.
    virtual bool isSilent() const { return false; }
    /// Whether the other side can be told what nobody watches: want() does.
    virtual bool takesWishes() const { return false; }
    virtual void want(const LineOwner&, bool) {}

    /// Tells the publisher what it may send at most, in bits per second, or that there is no limit; whether
    /// that is news.
    bool limitRate(std::optional<std::uint64_t> limit);
    /// It was told to send little: a picture that does not come is not missed.
    bool rests() const { return peer_ && peer_->rateLimit(); }

    /// Only while open.
    Peer& peer() const { return *peer_; }
    Inputs& inputs() { return inputs_; }
    void forgetDue(Clock::time_point now) { inputs_.forgetDue(*peer_, now); }

  protected:
    Feeder(CallContext& context, const PeerSettings& settings);
    ~Feeder() = default;

    enum class Tracks {
        end,
        wait, ///< for another peer to feed them
    };
    void close(Tracks tracks);

    /// Who sends on the line of this mid; empty for nobody.
    virtual std::string participantOn(const std::string& mid) const = 0;
    // Loop. Counted and logged here already.
    virtual void onConnected() = 0;
    /// Once. May close and destroy this.
    virtual void onLost(LostCause cause, const std::string& detail) = 0;
    virtual void onCandidate(const std::string&, const std::string&) {}

    CallContext& context() { return context_; }
    const CallContext& context() const { return context_; }
    /// For logs: `call=studio participant=alice peer=3`.
    const std::string& label() const { return label_; }

  private:
    PeerEvents peerEvents();

    CallContext& context_;
    const std::string label_;
    const std::uint64_t number_;
    Lifetime lifetime_;
    Inputs inputs_;
    std::unique_ptr<Peer> peer_; ///< stops before its inputs go
};

} // namespace spillway::relay
