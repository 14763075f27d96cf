#include "relay/net/host_lookup.h"

#include "support/catch.h"
#include "support/no_threads.h"
#include "support/wait.h"

#include <signal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

/// A resolver that says what the test wants.
class Names {
  public:
    void are(std::vector<const char*> addresses) {
        const std::lock_guard lock(mutex_);
        addresses_ = std::move(addresses);
    }
    HostLookup::Resolve resolve(const std::shared_ptr<Names>& self) {
        return [self](const std::string& host) { return self->answer(host); };
    }
    int asked() const { return asked_; }

  private:
    std::vector<SocketAddress> answer(const std::string& host) {
        const std::lock_guard lock(mutex_);
        ++asked_;
        if (addresses_.empty()) throw std::runtime_error("cannot find host " + host);
        std::vector<SocketAddress> found;
        for (const char* each : addresses_)
            found.push_back(*SocketAddress::parse(each));
        return found;
    }

    std::mutex mutex_; ///< protects addresses_
    std::vector<const char*> addresses_;
    std::atomic<int> asked_{0};
};

struct Fixture {
    std::shared_ptr<Names> names = std::make_shared<Names>();
    std::unique_ptr<HostLookup> lookup;
    Clock::time_point now = Clock::now();

    explicit Fixture(std::vector<const char*> addresses) {
        names->are(std::move(addresses));
        lookup = std::make_unique<HostLookup>("sink", names->resolve(names));
    }
    std::string host() { return lookup->address(now) ? lookup->address(now)->host() : "none"; }
    /// The resolver's answer to the question that is under way has come.
    bool becomes(const std::string& wanted) {
        return eventually([&] { return host() == wanted; }, 10s);
    }
    /// It asks again for as often, each time after the minute; the last answer may be on its way.
    bool asks(int times) {
        return eventually(
            [&] {
                if (names->asked() < times) now += 61s;
                return !host().empty() && names->asked() >= times;
            },
            10s);
    }
};

} // namespace

TEST_CASE("the address of a name is looked up again every minute and followed") {
    Fixture f({"192.0.2.1"});
    REQUIRE(f.becomes("192.0.2.1"));
    f.names->are({"192.0.2.2"});
    f.now += 59s;
    CHECK(f.host() == "192.0.2.1");
    CHECK(f.names->asked() == 1);
    f.now += 2s;
    CHECK(f.becomes("192.0.2.2"));
    CHECK(f.names->asked() == 2);
}

TEST_CASE("an address in doubt is looked up again after some seconds, not at each doubt") {
    Fixture f({"192.0.2.1"});
    REQUIRE(f.becomes("192.0.2.1"));
    f.names->are({"192.0.2.2"});
    f.lookup->doubt(f.now);
    CHECK(f.host() == "192.0.2.1");
    CHECK(f.names->asked() == 1);
    f.now += 6s;
    f.lookup->doubt(f.now);
    CHECK(f.becomes("192.0.2.2"));
    for (int i = 0; i < 100; ++i) {
        f.lookup->doubt(f.now);
        f.host();
    }
    CHECK(f.names->asked() == 2);
}

TEST_CASE("an address stays while the name still has it, and while the resolver fails") {
    Fixture f({"192.0.2.1", "192.0.2.2"});
    REQUIRE(f.becomes("192.0.2.1"));
    f.names->are({"192.0.2.2", "192.0.2.1"});
    REQUIRE(f.asks(f.names->asked() + 2));
    CHECK(f.host() == "192.0.2.1");
    f.names->are({});
    REQUIRE(f.asks(f.names->asked() + 2));
    CHECK(f.host() == "192.0.2.1");
    CHECK(f.lookup->problem().empty());
    f.names->are({"192.0.2.2"});
    REQUIRE(f.asks(f.names->asked() + 2));
    CHECK(f.becomes("192.0.2.2"));
}

TEST_CASE("a name that is not found is told and asked for again, and a number is never asked for") {
    Fixture f({});
    CHECK(eventually([&] { return f.host() == "none" && f.lookup->problem() == "cannot find host sink"; },
                     10s));
    f.names->are({"192.0.2.1"});
    f.now += 2s;
    CHECK(f.becomes("192.0.2.1"));
    CHECK(f.lookup->problem().empty());

    HostLookup number("192.0.2.9", [](const std::string&) -> std::vector<SocketAddress> {
        throw std::logic_error("asked");
    });
    CHECK(number.address(f.now + 24h)->host() == "192.0.2.9");
}

TEST_CASE("a look-up for which there is no thread is a failed one, and signals are not its thread's") {
    std::atomic<bool> blocks{false};
    const auto resolve = [&blocks](const std::string&) {
        sigset_t blocked;
        pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        blocks = sigismember(&blocked, SIGTERM) == 1;
        return std::vector{*SocketAddress::parse("192.0.2.1")};
    };
    std::optional<NoThreads> none(std::in_place);
    HostLookup lookup("sink", resolve);
    auto now = Clock::now();
    CHECK_FALSE(lookup.address(now));
    CHECK_THAT(lookup.problem(), Catch::Contains("sink"));
    none.reset();
    CHECK_FALSE(lookup.address(now));
    now += 2s;
    CHECK(eventually([&] { return lookup.address(now).has_value(); }));
    CHECK(blocks);
    CHECK(lookup.problem().empty());
}
