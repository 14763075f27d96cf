#include "relay/ingest/slow_lane.h"

#include "support/catch.h"
#include "support/wait.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

using namespace spillway;
using relay::ingest::SlowLane;
using test::eventually;

namespace {

/// Says its letter into a common word, in each of its turns.
class Letter : public SlowLane::Traffic {
  public:
    Letter(std::string& word, std::mutex& mutex, char letter, int turns)
        : word_(word)
        , mutex_(mutex)
        , letter_(letter)
        , left_(turns) {}
    bool turn() override {
        const std::lock_guard lock(mutex_);
        word_ += letter_;
        return --left_ > 0;
    }

  private:
    std::string& word_;
    std::mutex& mutex_;
    const char letter_;
    int left_;
};

} // namespace

TEST_CASE("on the slow lane those who have much to do take turns with the others") {
    std::string word;
    std::mutex mutex;
    SlowLane lane(1);
    {
        const std::lock_guard hold(mutex); // the first waits inside its turn until all are there
        for (const char letter : {'a', 'b', 'c'})
            lane.add(std::make_shared<Letter>(word, mutex, letter, letter == 'a' ? 4 : 2));
    }
    REQUIRE(eventually([&] {
        const std::lock_guard lock(mutex);
        return word.size() == 8;
    }));
    CHECK(word == "abcabcaa");
}

TEST_CASE("a slow lane that stopped drops what is left, and what still comes") {
    class Forever : public SlowLane::Traffic {
      public:
        explicit Forever(std::atomic<int>& turns)
            : turns_(turns) {}
        bool turn() override {
            ++turns_;
            return true;
        }

      private:
        std::atomic<int>& turns_;
    };
    std::atomic<int> turns{0};
    SlowLane lane;
    const auto traffic = std::make_shared<Forever>(turns);
    lane.add(traffic);
    REQUIRE(eventually([&] { return turns > 10; }));
    lane.stop();
    const int last = turns;
    lane.add(traffic);
    lane.stop();
    CHECK(turns == last);
    CHECK(traffic.use_count() == 1);
}
