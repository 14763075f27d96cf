#include "relay/base/aside.h"

#include "relay/base/mount_point.h"
#include "relay/base/thread_signals.h"

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace spillway::relay {

namespace {

/// Each hung one keeps a thread's stack. More than the file systems that a machine has.
constexpr int most = 32;
/// So that four silent ones have to come together before others find no place.
constexpr int mostOfOne = 8;

/// Never destroyed: threads that hang may outlive the end of main().
struct Places {
    std::mutex mutex; ///< protects the rest
    int all = 0;
    std::map<std::string, int> byMount;
};
Places& places() {
    static Places& only = *new Places; // NOLINT(cppcoreguidelines-owning-memory)
    return only;
}

/// One among the threads that have not ended, held by all who know it.
class Taken {
  public:
    explicit Taken(std::string mount)
        : mount_(std::move(mount)) {
        const std::lock_guard lock(places().mutex);
        if (places().all >= most)
            throw std::runtime_error("too many calls to file systems have not been answered");
        int& here = places().byMount[mount_];
        if (here >= mostOfOne)
            throw std::runtime_error("too many calls to the file system at " + mount_ +
                                     " have not been answered");
        ++here;
        ++places().all;
    }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
        const std::lock_guard lock(places().mutex);
        --places().all;
        if (--places().byMount[mount_] == 0) places().byMount.erase(mount_);
    }

  private:
    const std::string mount_;
};

} // namespace

void startAside(const std::filesystem::path& path, std::function<void()> work) {
    auto place = std::make_shared<const Taken>(mountPointOf(path));
    std::thread([place = std::move(place), work = std::move(work)]() mutable {
        blockSignals();
        work();
        work = {};
    }).detach();
}

} // namespace spillway::relay
