// A connector under test, with what it has said so far. Its answers are made from the offers: Janus
// negotiates without any packet having passed.
#pragma once

#include "daemon/signalling/janus/janus_connector.h"
#include "support/catch.h"

#include <deque>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace spillway::test {

/// Takes every line as it is offered.
inline std::string answerTo(const std::string& offer) {
    std::string answer;
    std::istringstream lines(offer);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.starts_with("a=candidate") || line.starts_with("a=ssrc") || line == "a=end-of-candidates")
            continue;
        if (line == "a=sendonly") line = "a=recvonly";
        if (line == "a=setup:actpass") line = "a=setup:active";
        if (line.starts_with("a=ice-ufrag")) line = "a=ice-ufrag:abcd";
        if (line.starts_with("a=ice-pwd")) line = "a=ice-pwd:abcdefghijklmnopqrstuvwx";
        answer += line + "\r\n";
    }
    return answer;
}

class Guest {
  public:
    Guest(relay::Loop& loop, const config::JanusJoin& join)
        : Guest(loop, daemon::janus::connectorsOf(loop, join, "call")) {}
    Guest(relay::Loop& loop, const daemon::MakeConnector& make)
        : loop_(loop) {
        daemon::ConnectorEvents events;
        events.onJoined = [this] { joined = true; };
        events.onMembers = [this](auto now) { members = std::move(now); };
        events.onOwners = [this](auto now) { owners = std::move(now); };
        events.onOffer = [this](auto offer) {
            owners = offer.owners;
            offers.push_back(std::move(offer));
        };
        events.onLost = [this](auto why) {
            CHECK_FALSE(lost);
            lost = std::move(why);
        };
        connector = make(std::move(events));
        connector->join();
    }

    bool until(const std::function<bool()>& done,
               std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
        return loop_.runUntil(done, deadline);
    }
    /// The next offer, within time.
    daemon::SfuOffer nextOffer() {
        REQUIRE(until([this] { return !offers.empty(); }));
        auto offer = std::move(offers.front());
        offers.pop_front();
        return offer;
    }
    /// Answers every offer until this is so.
    bool answeringUntil(const std::function<bool()>& done) {
        return until([&] {
            for (; !offers.empty(); offers.pop_front())
                connector->answer(answerTo(offers.front().sdp));
            return done();
        });
    }
    /// `alice/camera bob/microphone`, sorted.
    std::string tracks() const {
        std::set<std::string> names;
        for (const auto& [mid, owner] : owners)
            names.insert(owner.participant + "/" + owner.source);
        std::string text;
        for (const auto& name : names)
            text += (text.empty() ? "" : " ") + name;
        return text;
    }
    bool hasTracks(const std::string& names) {
        const bool came = answeringUntil([&] { return tracks() == names; });
        CHECK(tracks() == names);
        return came;
    }
    /// They come behind the owners of the lines.
    bool hasMembers(const std::vector<relay::Member>& wanted) {
        return until([&] { return members == wanted; });
    }
    void leave() {
        bool left = false;
        connector->leave([&] { left = true; });
        CHECK(until([&] { return left; }, std::chrono::milliseconds(2500)));
        connector.reset();
    }

    std::unique_ptr<daemon::Connector> connector;
    bool joined = false;
    std::vector<relay::Member> members;
    relay::LineOwners owners;
    std::deque<daemon::SfuOffer> offers;
    std::optional<daemon::Loss> lost;

  private:
    relay::Loop& loop_;
};

} // namespace spillway::test
