// One synthetic participant of a `test` call: a publisher, and its session in the call.
//
// It moves from away over joining to joined; after a loss it rejoins after a pause that doubles up to a
// bound. Owner: TestPresence; ends before the call. Loop thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/call/call.h"
#include "relay/synthetic/publisher.h"

#include <chrono>
#include <memory>
#include <string>

namespace spillway::daemon {

class Participant {
  public:
    Participant(relay::Loop& loop, relay::Call& call, relay::PublisherSettings settings);
    ~Participant() { leave(); }
    Participant(const Participant&) = delete;
    Participant& operator=(const Participant&) = delete;

    /// Does nothing when it is there already.
    void join();
    void leave();
    /// Off: signalling says so, and no packet is sent any more. Does nothing while it is away.
    void switchCamera(bool on);

  private:
    std::unique_ptr<relay::Publisher> newPublisher();
    void onOffer(const std::string& sdp);
    void onAnswer(const relay::LocalDescription& answer);
    void rejoinLater(const std::string& why);

    relay::Loop& loop_;
    relay::Call& call_;
    relay::PublisherSettings settings_;
    std::unique_ptr<relay::Publisher> publisher_;     ///< null while away
    std::unique_ptr<relay::Publication> publication_; ///< once the call has the offer
    std::chrono::milliseconds pause_;                 ///< before the next try
    relay::Timer rejoin_;
    std::unique_ptr<relay::Lifetime> attempt_; ///< callbacks of an older attempt do nothing
};

} // namespace spillway::daemon
