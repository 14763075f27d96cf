// Whose a path is, and who hears that it is another's.
#include "relay/port/session_table.h"

#include "relay/port/ice_client.h"
#include "support/catch.h"

#include <optional>
#include <utility>
#include <vector>

using namespace spillway::relay;
using namespace spillway::relay::port;
using namespace spillway::relay::port::test;

namespace {

Path pathOf(std::uint16_t port) {
    return {SocketAddress::parse("192.0.2.1")->withPort(port), SocketAddress::parse("198.51.100.1").value(),
            0};
}

struct Session {
    const std::optional<Path>& path() const { return at; }
    std::optional<Path> at{};
};

/// A thread of the port that notes what it is told.
struct Owner : SessionOwner {
    explicit Owner(Directory& directory)
        : table(directory, *this) {}
    void pass(Bytes datagram, const Path&) override { passed.emplace_back(datagram.begin(), datagram.end()); }
    void losePath(const Path& path) override { lost.push_back(path); }

    void add(const std::string& ufrag, Session& session, Directory& directory) {
        table.add(ufrag, directory.add(ufrag, *this), session);
    }
    Session* move(Session& session, const Path& to) {
        const auto before = std::exchange(session.at, to);
        return table.move(session, before);
    }
    Session* at(const Path& path, From from = From::mailbox) {
        return table.find(DatagramKind::rtp, {}, path, from);
    }

    SessionTable<Session> table;
    std::vector<Message> passed;
    std::vector<Path> lost;
};

struct Fixture {
    Fixture() {
        one.add("one", a, directory);
        one.add("other", b, directory);
        two.add("two", c, directory);
    }
    Directory directory;
    Owner one{directory};
    Owner two{directory};
    Session a, b, c;
};

} // namespace

TEST_CASE("a session that moves leaves its old path", "[session-table]") {
    Fixture f;
    CHECK_FALSE(f.one.move(f.a, pathOf(1)));
    CHECK_FALSE(f.one.move(f.a, pathOf(2)));
    CHECK_FALSE(f.one.at(pathOf(1)));
    CHECK(f.one.at(pathOf(2)) == &f.a);
    CHECK_FALSE(f.directory.find(pathOf(1)));
    CHECK(f.directory.find(pathOf(2)) == &f.one);
    f.one.table.remove("one");
    CHECK_FALSE(f.directory.find(pathOf(2)));
    CHECK_FALSE(f.directory.find(Addressee{"one"}));
}

TEST_CASE("an occupied path goes to the session that proved it last, of one thread", "[session-table]") {
    Fixture f;
    f.one.move(f.a, pathOf(1));
    CHECK(f.one.move(f.b, pathOf(1)) == &f.a);
    CHECK(f.one.at(pathOf(1)) == &f.b);
    CHECK(f.one.lost.empty());
    // Neither its end nor its moving on takes away what is another's.
    f.one.move(f.a, pathOf(2));
    CHECK(f.one.at(pathOf(1)) == &f.b);
    f.a.at = pathOf(1);
    f.one.table.remove("one");
    CHECK(f.one.at(pathOf(1)) == &f.b);
    CHECK(f.directory.find(pathOf(1)) == &f.one);
}

TEST_CASE("an occupied path goes to the session that proved it last, of two threads", "[session-table]") {
    Fixture f;
    f.one.move(f.a, pathOf(1));
    CHECK_FALSE(f.two.move(f.c, pathOf(1)));
    REQUIRE(f.one.lost == std::vector{pathOf(1)});
    CHECK(f.directory.find(pathOf(1)) == &f.two);
    SECTION("the loser hears of it") {
        CHECK(f.one.table.lose(pathOf(1)) == &f.a);
        CHECK_FALSE(f.one.at(pathOf(1)));
        CHECK_FALSE(f.one.table.lose(pathOf(1)));
    }
    SECTION("it was gone by then") {
        f.one.table.remove("one");
        CHECK(f.directory.find(pathOf(1)) == &f.two);
        CHECK_FALSE(f.one.table.lose(pathOf(1)));
    }
    SECTION("another one of its thread had taken it back by then") {
        CHECK(f.one.move(f.b, pathOf(1)) == &f.a);
        CHECK_FALSE(f.one.table.lose(pathOf(1)));
        CHECK(f.one.at(pathOf(1)) == &f.b);
        CHECK(f.two.lost == std::vector{pathOf(1)});
        CHECK(f.two.table.lose(pathOf(1)) == &f.c);
    }
}

TEST_CASE("a check and the answer to one find their session's thread, and go no further", "[session-table]") {
    Fixture f;
    IceClient client;
    const SessionTag given = f.directory.add(ours.ufrag, f.two);
    Session session;
    f.two.table.add(ours.ufrag, given, session);
    IceLite ice(ours, theirs, given, {});
    Message reply(IceLite::maxMessage), check(IceLite::maxMessage);
    const Message asked = client.check();
    ice.receive(asked, pathOf(1), {}, reply);
    check.resize(ice.check(pathOf(1), {}, check));
    const Message answer = client.answer(check, pathOf(1).local);
    for (const Message& message : {asked, answer}) {
        const auto find = [&](Owner& owner, From from) {
            return owner.table.find(DatagramKind::stun, message, pathOf(1), from);
        };
        CHECK(find(f.two, From::mailbox) == &session);
        CHECK_FALSE(find(f.one, From::network));
        CHECK(f.two.passed == std::vector<Message>{message});
        f.two.passed.clear();
        CHECK_FALSE(find(f.one, From::mailbox));
        CHECK(f.two.passed.empty());
    }
    // What comes behind an answer is passed on behind it, though the path is nobody's yet.
    CHECK_FALSE(f.one.at(pathOf(1), From::network));
    CHECK(f.two.passed.size() == 1);
    CHECK_FALSE(f.one.at(pathOf(2), From::network));
    CHECK(f.two.passed.size() == 1);
    f.two.table.remove(ours.ufrag);
    CHECK_FALSE(f.directory.find(Addressee{given}));
    CHECK_FALSE(f.directory.find(Addressee{ours.ufrag}));
}

TEST_CASE("a handshake that begins before its path is anybody's is kept for whose it becomes",
          "[session-table]") {
    Fixture f;
    const Message hello{22, 0xfe, 0xfd, 1}, later{22, 0xfe, 0xfd, 2};
    const auto dtls = [&](Owner& owner, const Message& datagram, const Path& path) {
        return owner.table.find(DatagramKind::dtls, datagram, path, From::network);
    };
    SECTION("by the thread that it came to: the latest, once") {
        CHECK_FALSE(dtls(f.one, hello, pathOf(1)));
        CHECK_FALSE(dtls(f.one, later, pathOf(1)));
        f.one.move(f.a, pathOf(1));
        CHECK(f.one.table.takeEarlyDtls(pathOf(2)).empty());
        CHECK(f.one.table.takeEarlyDtls(pathOf(1)) == later);
        CHECK(f.one.table.takeEarlyDtls(pathOf(1)).empty());
    }
    SECTION("by another: it is passed on behind a check of the same path") {
        f.two.add(ours.ufrag, f.b, f.directory);
        const Message asked = IceClient().check();
        CHECK_FALSE(dtls(f.one, hello, pathOf(1)));
        CHECK_FALSE(f.one.table.find(DatagramKind::stun, asked, pathOf(1), From::network));
        CHECK(f.two.passed == std::vector<Message>{asked, hello});
        CHECK_FALSE(f.two.table.find(DatagramKind::dtls, hello, pathOf(1), From::mailbox));
        CHECK(f.two.table.takeEarlyDtls(pathOf(1)) == hello);
    }
    SECTION("nothing but DTLS") {
        CHECK_FALSE(f.one.at(pathOf(1), From::network));
        CHECK(f.one.table.takeEarlyDtls(pathOf(1)).empty());
    }
}

TEST_CASE("an early handshake is forgotten after half a second", "[session-table]") {
    EarlyDtls early;
    const Message hello{22, 0xfe, 0xfd, 1};
    const Clock::time_point start{};
    early.keep(hello, pathOf(1), start);
    CHECK(early.take(pathOf(1), start + EarlyDtls::lifetime + std::chrono::milliseconds(1)).empty());
    CHECK(early.take(pathOf(1), start + EarlyDtls::lifetime) == hello);
}
