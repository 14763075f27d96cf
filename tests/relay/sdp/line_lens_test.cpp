// The lens on what SFUs offer one after the other. The Janus offer is recorded, with a camera and a
// microphone of two people each; its later ones are made of it as Janus makes them.
#include "relay/sdp/line_lens.h"

#include "relay/sdp/answer.h"
#include "relay/sdp/fixtures.h"

#include <algorithm>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::test;

namespace {

using Kind = sdp::Error::Kind;

const sdp::Transport ours{{"ourU", "ourPasswordOfTwentyTwo"}, "sha-256 00:11", "active"};

sdp::RemoteDescription read(const std::string& text) {
    auto offer = sdp::readRemoteDescription(text, allCodecs, sdp::Author::sfu);
    if (const auto* error = std::get_if<sdp::Error>(&offer)) FAIL(error->detail);
    return std::get<sdp::RemoteDescription>(std::move(offer));
}

sdp::RemoteDescription look(sdp::LineLens& lens, const std::string& text) {
    auto seen = lens.look(read(text));
    if (const auto* error = std::get_if<sdp::Error>(&seen)) FAIL(error->detail);
    return std::get<sdp::RemoteDescription>(std::move(seen));
}

/// The offer with the m-section of that number changed.
std::string changed(const std::string& offer, int number, const std::string& from, const std::string& to) {
    std::size_t begin = 0;
    for (int i = 0; i <= number; ++i)
        begin = offer.find("\nm=", begin + 1) + 1;
    const std::size_t end = std::min(offer.find("\nm=", begin), offer.size());
    return offer.substr(0, begin) + replaced(offer.substr(begin, end - begin), from, to) + offer.substr(end);
}

/// As Janus writes a line that carries nothing: inactive, and without SSRCs.
std::string silenced(const std::string& offer, int number) {
    return changed(changed(offer, number, "a=sendonly", "a=inactive"), number, "a=ssrc", "a=x-was-ssrc");
}

/// The m-sections of a description, each with its direction.
std::vector<std::string> directions(const std::string& text) {
    std::vector<std::string> found;
    for (std::size_t at = text.find("\r\nm="); at != std::string::npos; at = text.find("\r\nm=", at + 1)) {
        const std::string section = text.substr(at, text.find("\r\nm=", at + 1) - at);
        for (const char* direction : {"sendonly", "recvonly", "inactive"})
            if (contains(section, std::string("a=") + direction)) found.emplace_back(direction);
    }
    return found;
}

using Directions = std::vector<std::string>;

} // namespace

TEST_CASE("an SFU's offer is carried line by line, though its lines share payload types") {
    const auto offer = read(fixture("janus.sdp"));
    REQUIRE(offer.lines.size() == 4);
    for (const auto& line : offer.lines)
        CHECK(line.carried);
    CHECK(offer.lineOf(573360385, 96)->mid == "0");
    CHECK(offer.lineOf(3843052581, 96)->mid == "2");
    CHECK(offer.lineOf(902161453, 111)->mid == "3");
}

TEST_CASE("an SSRC that no line of an SFU names belongs to none when several lines could be meant") {
    const auto offer = read(fixture("janus.sdp"));
    CHECK(offer.lineOf(77, 96) == nullptr);
    CHECK_FALSE(offer.allows(77));
    CHECK_FALSE(offer.allows("0", 77));
    CHECK(offer.allows("0", 573360385));
}

TEST_CASE("webrtcbin never sees a line go inactive, and the SFU gets the truth") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    look(lens, first);
    const auto seen = look(lens, silenced(silenced(first, 2), 3));
    CHECK(directions(seen.textForWebrtcbin()) == Directions(4, "sendonly"));
    CHECK(directions(sdp::answerForWebrtcbin(seen, ours)) == Directions(4, "recvonly"));
    CHECK(directions(sdp::answerForPeer(seen, ours, {})) ==
          Directions{"recvonly", "recvonly", "inactive", "inactive"});
    CHECK(contains(sdp::answerForPeer(seen, ours, {}), "a=group:BUNDLE 0 1 2 3\r\n"));
    // What still comes is known by its line, but nobody may send it.
    CHECK(seen.lineOf(3843052581, 96)->mid == "2");
    CHECK_FALSE(seen.allows(3843052581));
    CHECK_FALSE(seen.allows("2", 3843052581));
}

TEST_CASE("a line that has left the bundle is refused, and out of the answer's group") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    REQUIRE(contains(first, "a=group:BUNDLE 0 1 2 3\r\n"));
    look(lens, first);
    const auto seen = look(lens, replaced(silenced(first, 2), "BUNDLE 0 1 2 3", "BUNDLE 0 1 3"));
    CHECK(directions(seen.textForWebrtcbin()) == Directions(4, "sendonly"));
    const std::string answer = sdp::answerForPeer(seen, ours, {});
    CHECK(contains(answer, "a=group:BUNDLE 0 1 3\r\n"));
    CHECK(contains(answer, "m=video 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\n"));
    CHECK(directions(sdp::answerForPeer(look(lens, first), ours, {})) == Directions(4, "recvonly"));
}

TEST_CASE("a line that is recycled is the same line with the new SSRC") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    look(lens, first);
    look(lens, silenced(first, 2));
    const auto seen = look(lens, changed(first, 2, "3843052581", "4242"));
    CHECK(directions(sdp::answerForPeer(seen, ours, {})) == Directions(4, "recvonly"));
    CHECK(seen.lineOf(4242, 96)->mid == "2");
    CHECK(seen.lineOf(3843052581, 96) == nullptr);
    CHECK(contains(seen.textForWebrtcbin(), "a=ssrc:4242. cname:"));
}

TEST_CASE("a line that comes back with the same SSRC is as it was") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    const std::string before = look(lens, first).textForWebrtcbin();
    look(lens, silenced(first, 0));
    CHECK(look(lens, first).textForWebrtcbin() == before);
}

TEST_CASE("everybody may leave and come back") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    look(lens, first);
    std::string empty = first;
    for (int line = 0; line < 4; ++line)
        empty = silenced(empty, line);
    const auto seen = look(lens, empty);
    CHECK(directions(seen.textForWebrtcbin()) == Directions(4, "sendonly"));
    CHECK(directions(sdp::answerForPeer(seen, ours, {})) == Directions(4, "inactive"));
    CHECK(directions(sdp::answerForPeer(look(lens, first), ours, {})) == Directions(4, "recvonly"));
}

TEST_CASE("webrtcbin's lines keep their order, whatever the SFU names first") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    // The first line sends only later: for webrtcbin it is the last.
    look(lens, silenced(first, 0));
    const auto seen = look(lens, first);
    CHECK(contains(seen.textForWebrtcbin(), "a=group:BUNDLE 1 2 3 0\r\n"));
    CHECK(contains(sdp::answerForPeer(look(lens, silenced(first, 1)), ours, {}), "a=mid:0\r\n"));
}

TEST_CASE("a line that another took the place of stays in webrtcbin's sight, and out of the answer") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    look(lens, first);
    const std::string other =
        replaced(changed(first, 3, "a=mid:3", "a=mid:new"), "BUNDLE 0 1 2 3", "BUNDLE 0 1 2 new");
    const auto seen = look(lens, other);
    CHECK(contains(seen.textForWebrtcbin(), "a=group:BUNDLE 0 1 2 3 new\r\n"));
    const std::string answer = sdp::answerForPeer(seen, ours, {});
    CHECK(directions(answer).size() == 4);
    CHECK_FALSE(contains(answer, "a=mid:3\r\n"));
}

TEST_CASE("a line without a fingerprint of its own has the session's or another line's") {
    sdp::LineLens lens;
    std::string text = fixture("janus.sdp");
    const auto at = text.find("a=fingerprint");
    const std::string fingerprint = text.substr(at, text.find("\r\n", at) + 2 - at);
    text.erase(at, fingerprint.size());
    const auto seen = look(lens, changed(text, 1, "a=mid:1\r\n", "a=mid:1\r\n" + fingerprint));
    const std::string shown = seen.textForWebrtcbin();
    std::size_t count = 0;
    for (std::size_t i = shown.find(fingerprint); i != std::string::npos; i = shown.find(fingerprint, i + 1))
        ++count;
    CHECK(count == 4);
}

TEST_CASE("other ICE credentials or another certificate are a new transport") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    CHECK(lens.sameTransport(read(first)));
    look(lens, first);
    CHECK(lens.sameTransport(read(first)));
    CHECK_FALSE(lens.sameTransport(read(replaced(first, "a=ice-ufrag:tXqp", "a=ice-ufrag:other"))));
    CHECK_FALSE(lens.sameTransport(read(replaced(first, "sha-256 F3:", "sha-256 F4:"))));
}

TEST_CASE("an SFU that names ever new lines begins a new transport before they are too many") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    look(lens, first);
    int offers = 0;
    const auto next = [&] {
        const std::string mid = "new" + std::to_string(offers);
        return replaced(changed(first, 0, "a=mid:0", "a=mid:" + mid), "BUNDLE 0 ", "BUNDLE " + mid + " ");
    };
    while (offers < 1000 && lens.sameTransport(read(next()))) {
        look(lens, next());
        ++offers;
    }
    CHECK(offers > 400);
    CHECK(offers < 600);
    CHECK(lens.sameTransport(read(first)));
}

TEST_CASE("a line that changes its kind is refused, and the lens is as it was") {
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    const std::string before = look(lens, first).textForWebrtcbin();
    const std::string wrong =
        changed(changed(first, 1, "m=audio", "m=video"), 1, "opus/48000/2", "VP8/90000");
    const auto seen = lens.look(read(wrong));
    REQUIRE(std::holds_alternative<sdp::Error>(seen));
    CHECK(std::get<sdp::Error>(seen).kind == Kind::malformed);
    CHECK(look(lens, first).textForWebrtcbin() == before);
}

TEST_CASE("a first offer in which nobody sends is refused") {
    std::string empty = fixture("janus.sdp");
    for (int line = 0; line < 4; ++line)
        empty = silenced(empty, line);
    sdp::LineLens lens;
    CHECK(std::holds_alternative<sdp::Error>(lens.look(read(empty))));
}

TEST_CASE("offers of Chromium, Pion, aiortc, werift and OBS go through the lens as an SFU's too") {
    for (const char* name : {"chromium.sdp", "pion.sdp", "aiortc.sdp", "werift.sdp", "obs.sdp"}) {
        INFO(name);
        sdp::LineLens lens;
        const auto seen = look(lens, fixture(name));
        CHECK(seen.textForWebrtcbin() == readGood(fixture(name)).textForWebrtcbin());
    }
}

TEST_CASE("random generations on the lines of an SFU never hide a line from webrtcbin or change its order") {
    std::uint32_t seed = 7;
    const auto random = [&](std::uint32_t below) {
        seed = seed * 1664525U + 1013904223U;
        return (seed >> 8U) % below;
    };
    sdp::LineLens lens;
    const std::string first = fixture("janus.sdp");
    std::vector<std::string> order;
    for (int round = 0; round < 500; ++round) {
        std::string offer = first;
        for (int line = 0; line < 4; ++line)
            if (random(2) == 0) offer = silenced(offer, line);
        auto seen = lens.look(read(offer));
        if (std::holds_alternative<sdp::Error>(seen)) {
            REQUIRE(order.empty()); // only while no line was ever seen
            continue;
        }
        const auto& now = std::get<sdp::RemoteDescription>(seen);
        std::vector<std::string> mids;
        for (const std::size_t index : now.order)
            mids.push_back(now.lines[index].mid);
        REQUIRE(mids.size() >= order.size());
        REQUIRE(std::equal(order.begin(), order.end(), mids.begin()));
        order = mids;
        CHECK(directions(now.textForWebrtcbin()) == Directions(order.size(), "sendonly"));
    }
    CHECK(order.size() == 4);
}
