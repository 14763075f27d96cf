#include "daemon/signalling/test/test_presence.h"

#include <array>

namespace spillway::daemon {

namespace {

std::string nameOf(std::uint32_t index) {
    static constexpr std::array names{"alice", "bob", "carol"};
    return index < names.size() ? names.at(index) : "guest-" + std::to_string(index + 1);
}

/// The second one sends H.264, as some do in every real call.
config::Codec codecOf(std::uint32_t index) {
    return index == 1 ? config::Codec::h264 : config::Codec::vp8;
}

} // namespace

TestPresence::TestPresence(relay::Loop& loop, relay::Call& call, const config::TestJoin& join)
    : call_(call) {
    for (std::uint32_t index = 0; index < join.participants; ++index) {
        const relay::PublisherSettings settings{nameOf(index), join.width,     join.height,
                                                join.fps,      codecOf(index), true};
        participants_.push_back(std::make_unique<Participant>(loop, call, settings));
        participants_.back()->join();
    }
    if (join.churn.count() > 0 && join.participants > 0) timer_ = loop.every(join.churn, [this] { churn(); });
    call_.setState(relay::CallState::joined, "");
}

TestPresence::~TestPresence() {
    end();
}

void TestPresence::leave(std::function<void()> onLeft) {
    end();
    onLeft();
}

void TestPresence::end() {
    timer_.cancel();
    participants_.clear();
    call_.setState(relay::CallState::left, "");
}

/// Four steps for each participant, then it is the next one's turn.
void TestPresence::churn() {
    constexpr std::size_t steps = 4;
    Participant& participant = *participants_.at(churned_ / steps % participants_.size());
    switch (churned_++ % steps) {
    case 0:
        participant.leave();
        break;
    case 1:
        participant.join();
        break;
    case 2:
        participant.switchCamera(false);
        break;
    default:
        participant.switchCamera(true);
        break;
    }
}

} // namespace spillway::daemon
