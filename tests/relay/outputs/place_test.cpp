#include "relay/outputs/place.h"

#include "relay/base/aside.h"
#include "support/catch.h"
#include "support/wait.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

using namespace spillway::relay;
using namespace spillway::test;
using namespace std::chrono_literals;

namespace {

/// A file system that answers nobody until it is told to.
class Silent {
  public:
    void wait() {
        std::unique_lock lock(mutex_);
        answered_.wait(lock, [this] { return answers_; });
    }
    void answer() {
        const std::lock_guard lock(mutex_);
        answers_ = true;
        answered_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable answered_;
    bool answers_ = false;
};

struct SilentPlace : Place {
    explicit SilentPlace(const std::shared_ptr<Silent>& disk)
        : Place("/mnt/nfs", [disk] {
            disk->wait();
            return Found{7, 8};
        }) {}
};

} // namespace

TEST_CASE("a place that answers is known at once, and one that cannot be used says why") {
    Place good("/srv", [] { return Place::Found{1, 2}; });
    CHECK_FALSE(good.problem());
    CHECK(good.found().device == 1);
    Place bad("/proc/x", []() -> Place::Found { throw std::runtime_error("cannot record into /proc/x"); });
    REQUIRE(bad.problem());
    CHECK(bad.problem()->kind() == Refused::Kind::invalid);
    CHECK_THAT(bad.problem()->what(), Catch::Contains("/proc/x"));
}

TEST_CASE("a place that does not answer says so, makes nobody wait twice, and is taken when it answers") {
    const auto disk = std::make_shared<Silent>();
    SilentPlace first(disk);
    const auto problem = first.problem();
    REQUIRE(problem);
    CHECK(problem->kind() == Refused::Kind::limit);
    CHECK_THAT(problem->what(), Catch::Contains("/mnt/nfs") && Catch::Contains("does not answer"));
    // Were each waited for, 20 would take 4 s.
    const auto begin = Clock::now();
    std::vector<std::unique_ptr<SilentPlace>> more;
    for (int i = 0; i < 20; ++i)
        more.push_back(std::make_unique<SilentPlace>(disk));
    CHECK(Clock::now() - begin < 2s);
    disk->answer();
    CHECK(eventually([&] { return !first.problem(); }, 5s));
    CHECK(first.found().node == 8);
    more.clear();
    Place after("/srv", [] { return Place::Found{1, 2}; });
    CHECK(eventually([&] { return !after.problem(); }, 5s)); // the threads of the others may still be ending
}

TEST_CASE("beside a place that does not answer, one that does is known at once") {
    const auto disk = std::make_shared<Silent>();
    const SilentPlace silent(disk);
    // As long as a disk that is well may take. On a busy machine one of them may be late.
    int atOnce = 0;
    for (int i = 0; i < 5; ++i) {
        Place well("/srv", [] {
            pauseFor(5ms);
            return Place::Found{1, 2};
        });
        atOnce += well.problem() ? 0 : 1;
    }
    CHECK(atOnce > 0);
    disk->answer();
}

TEST_CASE("calls that are never answered are bounded in number, and a place may go before its answer") {
    const auto disk = std::make_shared<Silent>();
    for (int i = 0; i < 40; ++i)
        const SilentPlace gone(disk);
    CHECK_THROWS_WITH(startAside("/mnt/nfs", [] {}), Catch::Contains("have not been answered"));
    Place crowded("/srv", [] { return Place::Found{1, 2}; });
    CHECK_THAT(crowded.problem()->what(), Catch::Contains("/srv"));
    CHECK(crowded.problem()->kind() == Refused::Kind::limit);
    // Another file system, which /proc is everywhere.
    CHECK(eventually([] { return !Place("/proc/self", [] { return Place::Found{1, 2}; }).problem(); }));
    disk->answer();
    CHECK(eventually([&] { return !crowded.problem(); }, 10s));
}
