// What is announced, with a resolver that answers what a case wants and when; what GLib's says of a name is
// in tests/relay/net and, on a machine of its own, in tests/interop/nat.test.mjs.
#include "relay/port/announced.h"

#include "support/catch.h"
#include "support/turns.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace spillway::relay::port;
using spillway::test::nothingComes;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;

/// Keeps every question until it is answered.
struct Resolver {
    LookUpName lookUp() {
        return [this](const std::string& name, OnNameFound onFound) {
            asked.push_back(name);
            open.push_back(std::move(onFound));
        };
    }
    void answer(const NameFound& found) {
        const auto onFound = std::move(open.front());
        open.erase(open.begin());
        onFound(found);
    }
    void find(const Texts& hosts) {
        NameFound found;
        for (const auto& host : hosts)
            found.addresses.push_back(SocketAddress::parse(host).value());
        answer(found);
    }
    void miss() { answer({{}, "no such name"}); }

    Texts asked;
    std::vector<OnNameFound> open;
};

/// One that follows names as fast as the loop turns.
struct Stage {
    explicit Stage(std::vector<config::HostPort> announce, LookUpPauses pauses = {1ms, 1ms})
        : announced(std::make_unique<Announced>(announce)) {
        announced->follow(loop, resolver.lookUp(), pauses);
    }
    Texts addresses() const {
        Texts texts;
        for (const auto& address : announced->addresses())
            texts.push_back(address.text());
        return texts;
    }
    bool isAsked() {
        return loop.runUntil([&] { return !resolver.open.empty(); }, 10s);
    }

    Loop loop;
    Resolver resolver;
    std::unique_ptr<Announced> announced;
};

} // namespace

TEST_CASE("numbers are known from the start, and nobody is asked for them") {
    Stage stage({{"203.0.113.7", 30189}, {"2001:db8::7", {}}});
    CHECK(stage.addresses() == Texts{"203.0.113.7:30189", "[2001:db8::7]:0"});
    nothingComes(stage.loop, 20ms);
    CHECK(stage.resolver.asked.empty());
}

TEST_CASE("a name stands for what is found, in its place and with its port") {
    Stage stage({{"203.0.113.7", {}}, {"gw.example.org", 30189}, {"203.0.113.8", {}}});
    CHECK(stage.resolver.asked == Texts{"gw.example.org"});
    CHECK(stage.addresses() == Texts{"203.0.113.7:0", "203.0.113.8:0"});
    stage.resolver.find({"198.51.100.1", "2001:db8::1"});
    CHECK(stage.addresses() ==
          Texts{"203.0.113.7:0", "198.51.100.1:30189", "[2001:db8::1]:30189", "203.0.113.8:0"});
}

TEST_CASE("a name is looked up again and again, and what it was before is forgotten") {
    Stage stage({{"gw.example.org", 1}});
    for (const auto* host : {"198.51.100.1", "198.51.100.2", "198.51.100.3"}) {
        REQUIRE(stage.isAsked());
        CHECK(stage.resolver.open.size() == 1);
        stage.resolver.find({host});
        CHECK(stage.addresses() == Texts{std::string(host) + ":1"});
    }
}

TEST_CASE("a name that is not found keeps what it had, and changes with the next answer") {
    Stage stage({{"gw.example.org", 1}});
    stage.resolver.find({"198.51.100.1"});
    for (int i = 0; i < 3; ++i) {
        REQUIRE(stage.isAsked());
        stage.resolver.miss();
        CHECK(stage.addresses() == Texts{"198.51.100.1:1"});
    }
    REQUIRE(stage.isAsked());
    stage.resolver.find({"198.51.100.2"});
    CHECK(stage.addresses() == Texts{"198.51.100.2:1"});
}

TEST_CASE("while nothing is known of a name it is looked up sooner") {
    Stage stage({{"gw.example.org", 1}}, {1h, 1ms});
    stage.resolver.miss();
    REQUIRE(stage.isAsked());
    stage.resolver.find({"198.51.100.1"});
    nothingComes(stage.loop, 20ms);
    CHECK(stage.resolver.asked.size() == 2);
}

TEST_CASE("a name that is slow to be found does not hold up another, nor is it asked for twice") {
    Stage stage({{"slow.example.org", 1}, {"gw.example.org", 1}});
    REQUIRE(stage.resolver.open.size() == 2);
    std::swap(stage.resolver.open.front(), stage.resolver.open.back());
    for (int i = 0; i < 3; ++i) {
        stage.resolver.find({"198.51.100.1"});
        std::swap(stage.resolver.open.front(), stage.resolver.open.back());
        REQUIRE(stage.loop.runUntil([&] { return stage.resolver.open.size() == 2; }, 10s));
        std::swap(stage.resolver.open.front(), stage.resolver.open.back());
    }
    CHECK(std::count(stage.resolver.asked.begin(), stage.resolver.asked.end(), "slow.example.org") == 1);
}

TEST_CASE("of a name eight addresses count, and none that nothing can be sent to") {
    Stage stage({{"gw.example.org", 1}});
    Texts many{"0.0.0.0", "::", "224.0.0.1", "ff02::1"};
    for (int i = 1; i <= 20; ++i)
        many.push_back("198.51.100." + std::to_string(i));
    stage.resolver.find(many);
    CHECK(stage.addresses().size() == 8);
    CHECK(stage.addresses().front() == "198.51.100.1:1");
    REQUIRE(stage.isAsked());
    stage.resolver.find({"0.0.0.0"});
    CHECK(stage.addresses().size() == 8);
}

TEST_CASE("an answer that comes when nobody wants it any more does nothing") {
    Stage stage({{"gw.example.org", 1}});
    stage.announced.reset();
    stage.resolver.find({"198.51.100.1"});
    nothingComes(stage.loop, 20ms);
    CHECK(stage.resolver.asked.size() == 1);
}
