// A publisher's session: its peer, and what its lines are called.
//
// Comes in: one offer, candidates, what signalling says of its sources. Goes out: the answer, and inputs to
// the tracks of its participant. Owner: whoever called Call::publish(); Publishers knows it while it is open.
// Loop thread.
#pragma once

#include "relay/call/call.h"
#include "relay/call/feeder.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

class Publishers;

class LivePublication final : public Publication, public Feeder {
  public:
    LivePublication(CallContext& context, Publishers& publishers, PublishRequest request,
                    PublishEvents events);
    ~LivePublication() override { leave(); }

    bool addCandidate(const std::string& mid, const std::string& candidate) override;
    std::string remoteUfrag() const override;
    void sourceOff(const std::string& source) override;
    void sourceOn(const std::string& source) override;

    /// The request's word for the input's kind, `-2` and on for further lines.
    std::optional<LineOwner> ownerOf(const TrackInput& input) override;

    const std::string& participant() const { return request_.participant; }
    const std::string& display() const { return request_.display; }

    /// It is of the same participant, and for the same: all, or one source.
    bool isLike(const PublishRequest& other) const {
        return request_.participant == other.participant && request_.only == other.only;
    }
    bool isLike(const LivePublication& other) const { return isLike(other.request_); }
    /// It came from outside, and is not connected yet.
    bool mayGiveWay() const { return !request_.client.empty() && !connected(); }
    /// Ends it with its tracks and calls nobody back; does nothing when it is over.
    void leave();
    /// Ends it in favour of a newer one, which gets its tracks; its owner hears of it and may destroy it.
    void replace();
    /// It is not connected, and others need its place; its owner hears of it and may destroy it.
    void giveWay();

  private:
    std::string participantOn(const std::string&) const override { return request_.participant; }
    void onAnswer(const LocalDescription& answer);
    void onConnected() override;
    void onLost(LostCause cause, const std::string& detail) override;
    void end(Tracks tracks);
    void endFor(PublicationEnd why, const std::string& detail, Tracks tracks);
    std::string sourceName(const TrackInput& input);

    Publishers& publishers_;
    PublishRequest request_; ///< without its offer
    PublishEvents events_;
    Pending::Place place_;                                           ///< until it is connected
    std::map<std::string, std::string> names_;                       ///< mid -> source
    std::map<std::string, std::shared_ptr<TrackInput>> switchedOff_; ///< by source
};

} // namespace spillway::relay
