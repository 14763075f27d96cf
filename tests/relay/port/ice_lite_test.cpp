#include "relay/port/ice_lite.h"

#include "relay/base/big_endian.h"
#include "relay/dtls/ice_credentials.h"
#include "support/catch.h"

#include "relay/port/ice_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <set>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::relay::port::test;
using namespace std::chrono_literals;

namespace {

const Clock::time_point start{};

Path path(std::uint16_t port, const std::string& host = "192.0.2.1") {
    return {SocketAddress::parse(host)->withPort(port), SocketAddress::parse("198.51.100.1")->withPort(7000),
            0};
}

struct Fixture {
    IceClient viewer;
    IceLite ice{ours, theirs, tag, start};
    IceLite::Outcome outcome;

    Message receive(const Message& datagram, const Path& by, Clock::time_point now = start) {
        Message reply(IceLite::maxMessage);
        outcome = ice.receive(datagram, by, now, reply);
        reply.resize(outcome.reply);
        return reply;
    }
    Message check(const Path& by, Clock::time_point now = start) {
        Message check(IceLite::maxMessage);
        check.resize(ice.check(by, now, check));
        return check;
    }
    Message answer(const Path& by, Clock::time_point now = start) {
        return viewer.answer(check(by, now), by.local);
    }
    /// Nominates, and answers what it is asked.
    void select(const Path& by, Clock::time_point now = start) {
        receive(viewer.nomination(), by, now);
        receive(answer(by, now), by, now);
        REQUIRE(ice.selected() == by);
    }
    /// Sends what is due until then; how many checks that were.
    int checksUntil(Clock::time_point end, Clock::time_point from = start) {
        int checks = 0;
        for (auto now = from; now <= end; now += 50ms)
            for (; const auto by = ice.due(now); ++checks)
                check(*by, now);
        return checks;
    }
};

/// With the FINGERPRINT made right again (RFC 8489 section 14.7); it must be the last attribute.
Message withFingerprint(Message message) {
    const std::size_t covered = message.size() - 8;
    std::uint32_t crc = 0xFFFFFFFF;
    for (std::size_t i = 0; i < covered; ++i) {
        crc ^= message[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1U ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    writeU32(&message[covered + 4], ~crc ^ 0x5354554EU);
    return message;
}

} // namespace

TEST_CASE("a right check is answered with the address it came from", "[ice]") {
    const auto* host = GENERATE("192.0.2.1", "2001:db8::7");
    Fixture f;
    const Message reply = f.receive(f.viewer.check(), path(4000, host));
    const auto read = f.viewer.read(reply);
    CHECK(read.status == STUN_VALIDATION_SUCCESS);
    CHECK(read.result == STUN_USAGE_ICE_RETURN_SUCCESS);
    CHECK(read.hasIntegrity);
    CHECK(read.mapped == path(4000, host).remote);
    CHECK_FALSE(f.outcome.selected);
    CHECK_FALSE(f.ice.selected());
}

TEST_CASE("a path is selected once it is nominated and our check was answered over it", "[ice]") {
    Fixture f;
    SECTION("nominated first") {
        f.receive(f.viewer.nomination(), path(4000));
        CHECK(f.outcome.reply > 0);
        CHECK(f.outcome.checkBack == IceLite::CheckBack::beforeReply);
        CHECK_FALSE(f.ice.selected());
        f.receive(f.answer(path(4000)), path(4000));
    }
    SECTION("answered first: the nomination selects at once") {
        f.receive(f.viewer.check(), path(4000));
        f.receive(f.answer(path(4000)), path(4000));
        CHECK_FALSE(f.outcome.selected);
        CHECK_FALSE(f.ice.selected());
        f.receive(f.viewer.nomination(), path(4000));
        CHECK(f.outcome.reply > 0);
        CHECK(f.outcome.checkBack == IceLite::CheckBack::no);
    }
    CHECK(f.outcome.selected);
    CHECK(f.ice.selected() == path(4000));
    f.receive(f.viewer.nomination(), path(4000));
    CHECK(f.outcome.reply > 0);
    CHECK_FALSE(f.outcome.selected);
    CHECK(f.outcome.checkBack == IceLite::CheckBack::no);
}

TEST_CASE("a later nomination moves the session, once our check was answered there", "[ice]") {
    Fixture f;
    f.select(path(4000));
    f.receive(f.viewer.check(), path(4001));
    CHECK(f.outcome.checkBack == IceLite::CheckBack::no);
    f.receive(f.viewer.nomination(), path(4001));
    CHECK_FALSE(f.outcome.selected);
    CHECK(f.ice.selected() == path(4000));
    f.receive(f.answer(path(4001)), path(4001));
    CHECK(f.outcome.selected);
    CHECK(f.ice.selected() == path(4001));

    // To come back, it has to answer anew.
    f.receive(f.viewer.nomination(), path(4000));
    CHECK(f.ice.selected() == path(4001));
    f.receive(f.answer(path(4000)), path(4000));
    CHECK(f.ice.selected() == path(4000));
}

TEST_CASE("of two nominations the later counts, whichever is answered first", "[ice]") {
    Fixture f;
    for (const auto& by : {path(4000), path(4001)})
        f.receive(f.viewer.nomination(), by);
    const Message first = f.answer(path(4000)), second = f.answer(path(4001));
    f.receive(second, path(4001));
    CHECK(f.ice.selected() == path(4001));
    f.receive(first, path(4000));
    CHECK(f.ice.selected() == path(4001));
}

TEST_CASE("a recorded nomination from elsewhere moves nothing and is asked a few times", "[ice]") {
    Fixture f;
    f.select(path(4000));
    const Message recorded = f.viewer.nomination();
    f.receive(recorded, path(4000));
    f.receive(recorded, path(4009, "203.0.113.5"));
    CHECK(f.outcome.checkBack == IceLite::CheckBack::beforeReply);
    f.check(path(4009, "203.0.113.5"));
    CHECK(f.checksUntil(start + 3900ms) == IceLite::maxRetries);
    CHECK(f.ice.selected() == path(4000));
    // No more of them, and what keeps the consent of the other.
    CHECK(f.checksUntil(start + 29s, start + 3900ms) < 9);
    CHECK(f.ice.selected() == path(4000));
}

TEST_CASE("only the right answer over the right path proves it", "[ice]") {
    Fixture f;
    f.select(path(4000));
    f.receive(f.viewer.nomination(), path(4001));
    const Message right = f.answer(path(4001));
    Path by = path(4001);
    Message answer = right;
    auto now = start;
    SECTION("no integrity") {
        // The last of it are 24 bytes of MESSAGE-INTEGRITY and 8 of FINGERPRINT.
        answer.erase(answer.end() - 32, answer.end() - 8);
        writeU16(&answer[2], static_cast<std::uint16_t>(answer.size() - 20));
        answer = withFingerprint(answer);
    }
    SECTION("wrong integrity") {
        answer[answer.size() - 10] ^= 1U;
        answer = withFingerprint(answer);
    }
    SECTION("wrong fingerprint") {
        answer.back() ^= 1U;
    }
    SECTION("no fingerprint") {
        answer.resize(answer.size() - 8);
        writeU16(&answer[2], static_cast<std::uint16_t>(answer.size() - 20));
    }
    SECTION("to another check, of the same session") {
        f.receive(f.viewer.nomination(), path(4002));
        answer = f.answer(path(4002));
    }
    SECTION("to a check of nobody's") {
        IceLite twin(ours, theirs, tag, start);
        Message into(IceLite::maxMessage);
        twin.receive(f.viewer.nomination(), path(4001), start, into);
        into.resize(twin.check(path(4001), start, into));
        answer = f.viewer.answer(into, path(4001).local);
    }
    SECTION("over another path") {
        by = GENERATE(path(4000), path(4002), Path{path(4001).remote, path(4001).local, 1});
    }
    SECTION("too late") {
        now += IceLite::answerTime;
    }
    f.receive(answer, by, now);
    CHECK_FALSE(f.outcome.selected);
    CHECK(f.outcome.reply == 0);
    CHECK(f.ice.selected() == path(4000));
    f.receive(right, path(4001));
    CHECK(f.ice.selected() == path(4001));
}

TEST_CASE("an answer counts once", "[ice]") {
    Fixture f;
    f.receive(f.viewer.check(), path(4000));
    const Message answer = f.answer(path(4000));
    f.receive(answer, path(4000));
    f.receive(answer, path(4000), start + 20s);
    CHECK_FALSE(f.ice.hasConsent(start + 30s));
    f.receive(f.viewer.nomination(), path(4000), start + 20s);
    CHECK_FALSE(f.ice.selected());
}

TEST_CASE("a nomination whose answers are lost is asked again, and then in vain", "[ice]") {
    Fixture f;
    f.receive(f.viewer.nomination(), path(4000));
    const Message first = f.check(path(4000));
    CHECK(f.ice.nextDue() == start + IceLite::firstRetry);
    CHECK_FALSE(f.ice.due(start + 499ms));
    REQUIRE(f.ice.due(start + 500ms) == path(4000));
    // The same transaction: that the first answer is late does not matter.
    CHECK(f.check(path(4000), start + 500ms) == first);
    CHECK(f.checksUntil(start + 60s, start + 500ms) == 2);
    CHECK_FALSE(f.ice.nextDue());
    f.receive(f.viewer.nomination(), path(4000), start + 61s);
    f.receive(f.answer(path(4000), start + 61s), path(4000), start + 61s);
    CHECK(f.ice.selected() == path(4000));
}

TEST_CASE("more paths than are remembered do not push out the selected one", "[ice]") {
    Fixture f;
    f.select(path(4000));
    const auto nominate = [&](std::size_t i) {
        const Path by = path(static_cast<std::uint16_t>(5000 + i));
        f.receive(f.viewer.nomination(), by, start + i * 1ms);
        return by;
    };
    for (std::size_t i = 0; i < 10 * IceLite::maxPaths; ++i)
        CHECK_FALSE(f.check(nominate(i)).empty());
    CHECK(f.check(path(5000)).empty());
    CHECK_FALSE(f.check(path(4000)).empty());
    const Path last = nominate(10 * IceLite::maxPaths);
    f.receive(f.answer(last), last);
    CHECK(f.ice.selected() == last);
}

TEST_CASE("a session that loses its path has none until it proves one again", "[ice]") {
    Fixture f;
    f.select(path(4000));
    f.ice.loseSelected();
    CHECK_FALSE(f.ice.selected());
    CHECK_FALSE(f.ice.nextDue());
    f.select(path(4000));
}

TEST_CASE("whoever does not know the password or the names changes nothing", "[ice]") {
    Fixture f;
    IceClient::Check wanted;
    wanted.nominates = true;
    SECTION("password") {
        wanted.pwd = "anotherpasswordanotherpass";
    }
    SECTION("our name") {
        wanted.username = "w0other:theirs";
    }
    SECTION("their name") {
        wanted.username = "w0ours:other";
    }
    SECTION("longer name") {
        wanted.username = "w0ours:theirs2";
    }
    SECTION("shorter name") {
        wanted.username = "w0ours:their";
    }
    SECTION("names the other way round") {
        wanted.username = "theirs:w0ours";
    }
    const Message reply = f.receive(f.viewer.check(wanted), path(4000), start + 20s);
    CHECK_FALSE(f.outcome.selected);
    CHECK_FALSE(f.ice.selected());
    CHECK_FALSE(f.ice.hasConsent(start + 31s));
    const auto read = f.viewer.read(reply);
    CHECK(read.error == 401);
    CHECK_FALSE(read.hasIntegrity);
}

TEST_CASE("a check without FINGERPRINT is not answered", "[ice]") {
    Fixture f;
    IceClient::Check wanted;
    wanted.nominates = true;
    wanted.fingerprint = false;
    CHECK(f.receive(f.viewer.check(wanted), path(4000)).empty());
    CHECK_FALSE(f.ice.selected());
    Message wrong = f.viewer.nomination();
    wrong.back() ^= 1U;
    CHECK(f.receive(wrong, path(4000)).empty());
    CHECK_FALSE(f.ice.selected());
}

TEST_CASE("a viewer that wants to be controlled has to change its role", "[ice]") {
    Fixture f;
    IceClient::Check wanted;
    wanted.nominates = true;
    wanted.controlling = false;
    const auto read = f.viewer.read(f.receive(f.viewer.check(wanted), path(4000), start + 20s));
    CHECK(read.status == STUN_VALIDATION_SUCCESS);
    CHECK(read.error == 487);
    CHECK(read.result == STUN_USAGE_ICE_RETURN_ROLE_CONFLICT);
    CHECK(read.hasIntegrity);
    CHECK_FALSE(f.ice.selected());
    CHECK_FALSE(f.ice.hasConsent(start + 31s));
}

TEST_CASE("a nomination behind the integrity is nobody's", "[ice]") {
    Fixture f;
    Message check = f.viewer.check();
    const std::array<std::uint8_t, 4> useCandidate{0x00, 0x25, 0x00, 0x00};
    check.insert(check.end() - 8, useCandidate.begin(), useCandidate.end());
    writeU16(&check[2], static_cast<std::uint16_t>(check.size() - 20));
    f.receive(withFingerprint(check), path(4000));
    CHECK_FALSE(f.ice.selected());
}

TEST_CASE("an integrity that is cut short is not compared", "[ice]") {
    Fixture f;
    const Message check = f.viewer.check();
    for (std::uint8_t bytes = 0; bytes < 20; bytes += 4) {
        // The last of it are 24 bytes of MESSAGE-INTEGRITY and 8 of FINGERPRINT.
        const std::size_t integrity = check.size() - 32;
        Message cut(check.begin(), check.begin() + static_cast<long>(integrity + 4 + bytes));
        cut.insert(cut.end(), check.end() - 8, check.end());
        cut[integrity + 3] = bytes;
        writeU16(&cut[2], static_cast<std::uint16_t>(cut.size() - 20));
        cut = withFingerprint(cut);
        CHECK(f.receive(cut, path(4000)).empty());
    }
}

TEST_CASE("indications, answers and other methods are not answered", "[ice]") {
    Fixture f;
    CHECK(f.receive(f.viewer.indication(), path(4000), start + 20s).empty());
    const Message answer = f.receive(f.viewer.check(), path(4000));
    CHECK(f.receive(answer, path(4000)).empty());
    CHECK(f.receive(f.viewer.request(STUN_ALLOCATE, [](StunMessage&) {}), path(4000), start + 20s).empty());
    CHECK_FALSE(f.ice.hasConsent(start + 31s));
}

TEST_CASE("an attribute that must be understood and is not is told of", "[ice]") {
    Fixture f;
    const auto read = f.viewer.read(
        f.receive(f.viewer.request(STUN_BINDING,
                                   [](StunMessage& message) {
                                       stun_message_append32(&message, static_cast<StunAttribute>(0x7001), 1);
                                       stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE);
                                   }),
                  path(4000)));
    CHECK(read.error == 420);
    CHECK_FALSE(f.ice.selected());
    // What may be ignored is (GOOG-NETWORK-INFO of libwebrtc).
    CHECK(f.viewer
              .read(f.receive(f.viewer.request(STUN_BINDING,
                                               [](StunMessage& message) {
                                                   stun_message_append32(
                                                       &message, static_cast<StunAttribute>(0xC057), 1);
                                               }),
                              path(4000)))
              .status == STUN_VALIDATION_SUCCESS);
}

TEST_CASE("consent is asked for every 4 to 6 s, each time anew", "[ice]") {
    Fixture f;
    f.select(path(4000));
    std::set<Clock::duration> intervals;
    std::set<Message> checks;
    auto last = start;
    for (int i = 0; i < 200; ++i) {
        const auto next = f.ice.nextDue().value();
        REQUIRE(next - last >= 4s);
        REQUIRE(next - last <= 6s);
        intervals.insert(next - last);
        CHECK(checks.insert(f.check(path(4000), next)).second);
        last = next;
    }
    CHECK(intervals.size() > 100);
}

TEST_CASE("consent ends 30 s after the last answer over the selected path", "[ice]") {
    Fixture f;
    CHECK(f.ice.hasConsent(start + 29s));
    CHECK_FALSE(f.ice.hasConsent(start + 30s));
    f.select(path(4000), start + 20s);
    CHECK(f.ice.hasConsent(start + 49s));
    CHECK_FALSE(f.ice.hasConsent(start + 50s));
    // Requests are none.
    f.receive(f.viewer.check(), path(4000), start + 40s);
    f.receive(f.viewer.nomination(), path(4000), start + 40s);
    CHECK_FALSE(f.ice.hasConsent(start + 50s));
    f.receive(f.answer(path(4000), start + 45s), path(4000), start + 45s);
    CHECK(f.ice.hasConsent(start + 74s));
    f.select(path(4001), start + 60s);
    CHECK(f.ice.hasConsent(start + 89s));
}

TEST_CASE("a reply fits into its bound, with the longest name a viewer may have", "[ice]") {
    const std::string longest(256, 'x');
    IceClient viewer;
    IceLite ice({"w0ours", ours.pwd}, {longest, longest}, tag, start);
    IceClient::Check wanted;
    wanted.username = "w0ours:" + longest;
    Message reply(IceLite::maxMessage);
    CHECK(ice.receive(viewer.check(wanted), path(4000), start, reply).reply > 0);
    Message none;
    CHECK(ice.receive(viewer.check(wanted), path(4000), start, none).reply == 0);
    CHECK(ice.check(path(4000), start, reply) > 256);
}

TEST_CASE("the name that a check is addressed to is read without the password", "[ice]") {
    IceClient viewer;
    const Message check = viewer.check();
    CHECK(addresseeOf(check) == Addressee{"w0ours"});
    CHECK_FALSE(addresseeOf(viewer.indication()));
    IceClient::Check wanted;
    wanted.username = "nocolon";
    CHECK_FALSE(addresseeOf(viewer.check(wanted)));
    wanted.username = ":theirs";
    CHECK_FALSE(addresseeOf(viewer.check(wanted)));
    for (std::size_t size = 0; size < check.size(); ++size)
        CHECK_FALSE(addresseeOf(Message(check.begin(), check.begin() + static_cast<long>(size))));
}

TEST_CASE("broken STUN never crashes and never selects", "[ice]") {
    Fixture f;
    const Message good = f.viewer.nomination();
    std::mt19937 random(5);
    for (int i = 0; i < 10'000; ++i) {
        Message broken = good;
        const auto changes = 1 + random() % 4;
        for (unsigned change = 0; change < changes; ++change)
            broken[random() % broken.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
        if (random() % 4 == 0) broken.resize(8 + random() % (broken.size() - 8));
        if (random() % 2 == 0) writeU16(&broken[2], static_cast<std::uint16_t>(broken.size() - 20));
        if (broken == good) continue;
        if (random() % 2 == 0 && broken.size() >= 28) broken = withFingerprint(broken);
        broken.shrink_to_fit();
        addresseeOf(broken);
        // The last change may have been to the FINGERPRINT alone, and was made good.
        if (broken == good) continue;
        f.receive(broken, path(4000));
        REQUIRE(f.outcome.reply <= IceLite::maxMessage);
        REQUIRE_FALSE(f.ice.selected());
    }
    f.select(path(4000));
}

TEST_CASE("a broken answer never crashes and never selects", "[ice]") {
    Fixture f;
    f.receive(f.viewer.nomination(), path(4000));
    const Message good = f.answer(path(4000));
    std::mt19937 random(7);
    for (int i = 0; i < 10'000; ++i) {
        Message broken = good;
        const auto changes = 1 + random() % 4;
        for (unsigned change = 0; change < changes; ++change)
            broken[12 + random() % (broken.size() - 12)] ^= static_cast<std::uint8_t>(1 + random() % 255);
        if (random() % 4 == 0) broken.resize(8 + random() % (broken.size() - 8));
        if (random() % 2 == 0) writeU16(&broken[2], static_cast<std::uint16_t>(broken.size() - 20));
        if (random() % 2 == 0 && broken.size() >= 28) broken = withFingerprint(broken);
        if (broken == good) continue;
        broken.shrink_to_fit();
        f.receive(broken, path(4000));
        REQUIRE_FALSE(f.ice.selected());
    }
    f.receive(good, path(4000));
    CHECK(f.ice.selected());
}

TEST_CASE("what a viewer signs may still be odd", "[ice]") {
    Fixture f;
    f.viewer.forgets = true;
    std::mt19937 random(9);
    constexpr std::array<std::uint16_t, 10> types{0x0001, 0x0006, 0x0009, 0x0020, 0x0024,
                                                  0x0025, 0x8029, 0x802A, 0x8022, 0xC057};
    for (int i = 0; i < 2000; ++i) {
        const auto odd = [&](StunMessage& message) {
            for (auto count = random() % 6; count > 0; --count) {
                const Message value(random() % 40, static_cast<std::uint8_t>(random()));
                stun_message_append_bytes(&message,
                                          static_cast<StunAttribute>(types.at(random() % types.size())),
                                          value.data(), value.size());
            }
        };
        Message message = f.viewer.request(random() % 8 == 0 ? STUN_SHARED_SECRET : STUN_BINDING, odd);
        message.shrink_to_fit();
        addresseeOf(message);
        f.receive(message, path(4000));
        REQUIRE(f.outcome.reply <= IceLite::maxMessage);
    }
}

TEST_CASE("until a path is selected, a right check is checked back", "[ice]") {
    Fixture f;
    IceClient::Check forged;
    forged.pwd = "anotherpasswordanotherpa";
    f.receive(f.viewer.check(forged), path(4000));
    CHECK(f.outcome.checkBack == IceLite::CheckBack::no);
    CHECK(f.check(path(4000)).empty());
    f.receive(f.viewer.indication(), path(4000));
    CHECK(f.outcome.checkBack == IceLite::CheckBack::no);

    f.receive(f.viewer.check(), path(4000));
    CHECK(f.outcome.checkBack == IceLite::CheckBack::behindReply);
    f.check(path(4000));
    CHECK_FALSE(f.ice.nextDue()); // the remote will ask again
}

TEST_CASE("our check is that of the controlled side, and its answer finds the session by its tag", "[ice]") {
    Fixture f;
    f.select(path(4000));
    // More than an agent remembers: each is forgotten.
    for (int i = 0; i < 1000; ++i) {
        const auto asked = f.viewer.readCheck(f.check(path(4000)));
        REQUIRE(asked.status == STUN_VALIDATION_SUCCESS);
        REQUIRE(asked.binding);
        REQUIRE(asked.controlled);
        REQUIRE(asked.tieBreaker == 1); // libjuice takes 0 for a check without a role, and refuses it
        REQUIRE_FALSE(asked.nominates);
        REQUIRE(asked.priority == 1862270975); // RFC 8445 section 5.1.2.1, of a peer-reflexive candidate
    }
    // Nor are their answers remembered.
    for (int i = 0; i < 1000; ++i) {
        Message wrong = f.answer(path(4000));
        wrong[wrong.size() - 10] ^= 1U;
        f.receive(withFingerprint(wrong), path(4000));
    }
    REQUIRE_FALSE(f.check(path(4000)).empty());
    Message small(40);
    CHECK(f.ice.check(path(4000), start, small) == 0);
    CHECK(f.ice.check(path(4001), start, small) == 0);
    const Message answer = f.answer(path(4000));
    CHECK(addresseeOf(answer) == Addressee{tag});
    for (std::size_t size = 0; size < answer.size(); ++size)
        CHECK_FALSE(addresseeOf(Message(answer.begin(), answer.begin() + static_cast<long>(size))));
}

TEST_CASE("credentials are made of ice-chars, long enough, and no two are the same", "[ice]") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto made = dtls::randomIceCredentials();
        CHECK(made.ufrag.size() == 8);
        CHECK(made.pwd.size() == 24);
        for (const char c : made.ufrag + made.pwd)
            CHECK((std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/'));
        CHECK(seen.insert(made.ufrag).second);
        CHECK(seen.insert(made.pwd).second);
    }
}
