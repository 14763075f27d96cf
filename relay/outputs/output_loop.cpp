#include "relay/outputs/output_loop.h"

#include "relay/base/log.h"
#include "relay/base/thread_signals.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spillway::relay {

namespace {

/// How long a frame may wait for its neighbours. It bounds the turns to 500 a second, however many packets
/// come.
constexpr std::chrono::milliseconds turnDistance{2};

/// One queue and where its frames go. Output loop thread.
struct Service {
    std::shared_ptr<FrameQueue> queue;
    std::unique_ptr<Output> output;
    std::function<void()> wishKeyframe;
    std::function<void(EndReason)> onClosed;
    bool wished = false;
};

} // namespace

struct OutputLoop::Impl {
    explicit Impl(Loop& loop)
        : mainLoop(loop) {}

    void run();
    bool waitForWork();
    void serve(Id id);
    void guard(Service& service, const std::function<void()>& step);
    void writeBatch(Service& service);
    void wishOnce(Service& service) const;
    void finish(Service service, EndReason reason);
    void abandonAll();
    void runJobs();
    void busy() { busySince = Clock::now().time_since_epoch().count(); }
    void notBusy() { busySince = 0; }

    Loop& mainLoop;

    std::mutex mutex; ///< protects the next five
    std::condition_variable work;
    std::vector<Id> woken;
    std::vector<std::pair<Id, Service>> added;
    std::vector<std::function<void()>> jobs;
    bool sleeping = false;

    std::atomic<bool> stopping{false};
    std::atomic<Id> lastId{0};
    std::atomic<Clock::rep> busySince{0}; ///< 0: it waits for work

    // Of the thread alone.
    Clock::time_point lastTurn{};
    std::unordered_map<Id, Service> services;
    std::vector<Id> ready;
    std::vector<Frame> frames;

    std::thread thread;
};

void OutputLoop::Impl::run() {
    blockSignals();
    std::vector<Id> turn;
    while (waitForWork()) {
        turn.swap(ready);
        for (const Id id : turn)
            serve(id);
        turn.clear();
        runJobs();
        notBusy();
    }
    abandonAll();
}

void OutputLoop::Impl::runJobs() {
    std::vector<std::function<void()>> now;
    {
        const std::lock_guard lock(mutex);
        now.swap(jobs);
    }
    for (const auto& job : now) {
        busy();
        try {
            job();
        } catch (const std::exception& error) {
            log::error("output job failed error=\"{}\"", error.what());
        }
    }
}

/// False when the loop is to end; else `ready` holds something.
bool OutputLoop::Impl::waitForWork() {
    std::unique_lock lock(mutex);
    if (ready.empty()) {
        // Between two turns packets gather, so that a frame of many costs its queues one turn, and their
        // pushers no system call while this waits.
        work.wait_until(lock, lastTurn + turnDistance, [this] { return stopping.load(); });
        sleeping = true;
        work.wait(lock, [this] { return stopping || !woken.empty() || !jobs.empty(); });
        sleeping = false;
        lastTurn = Clock::now();
    }
    for (auto& [id, service] : added)
        services.emplace(id, std::move(service));
    added.clear();
    ready.insert(ready.end(), woken.begin(), woken.end());
    woken.clear();
    return !stopping;
}

void OutputLoop::Impl::serve(Id id) {
    const auto found = services.find(id);
    if (found == services.end()) return;
    Service& service = found->second;
    // The reason first: after an end no frame is added, so that an empty queue stays empty.
    const EndReason reason = service.queue->ended();
    if (service.queue->take(frames, batch) > 0) {
        guard(service, [&] { writeBatch(service); });
        ready.push_back(id);
    } else if (reason != EndReason::none) {
        finish(std::move(services.extract(found).mapped()), reason);
    }
}

/// An exception ends this output alone.
void OutputLoop::Impl::guard(Service& service, const std::function<void()>& step) {
    try {
        step();
    } catch (const std::exception& error) {
        log::error("output failed error=\"{}\"", error.what());
        frames.clear();
        service.queue->end(EndReason::writeError);
        service.queue->abandon();
    }
}

void OutputLoop::Impl::writeBatch(Service& service) {
    std::size_t written = 0;
    std::size_t failed = 0;
    for (const Frame& frame : frames) {
        if (stopping) break;
        busy();
        ++(service.output->write(frame) ? written : failed);
        wishOnce(service);
    }
    frames.clear();
    service.queue->settle(written, failed);
}

void OutputLoop::Impl::wishOnce(Service& service) const {
    const bool wants = service.output->wantsKeyframe();
    if (wants && !service.wished && service.wishKeyframe) service.wishKeyframe();
    service.wished = wants;
}

void OutputLoop::Impl::finish(Service service, EndReason reason) {
    busy();
    guard(service, [&] { service.output->close(reason); });
    service.output.reset();
    if (!service.onClosed) return;
    mainLoop.post([onClosed = std::move(service.onClosed), reason] { onClosed(reason); });
}

void OutputLoop::Impl::abandonAll() {
    {
        const std::lock_guard lock(mutex);
        for (auto& [id, service] : added)
            services.emplace(id, std::move(service));
        added.clear();
    }
    for (auto& [id, service] : services) {
        service.queue->abandon();
        guard(service, [&output = *service.output] { output.close(EndReason::shutdown); });
    }
    services.clear();
}

OutputLoop::OutputLoop(Loop& mainLoop, const std::string& name)
    : impl_(std::make_unique<Impl>(mainLoop)) {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
    pthread_setname_np(impl_->thread.native_handle(), name.substr(0, 15).c_str());
}

OutputLoop::~OutputLoop() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->work.notify_one();
    impl_->thread.join();
}

OutputLoop::Id OutputLoop::reserve() {
    return ++impl_->lastId;
}

void OutputLoop::add(Id id, std::shared_ptr<FrameQueue> queue, std::unique_ptr<Output> output,
                     std::function<void()> wishKeyframe, std::function<void(EndReason)> onClosed) {
    Service service{std::move(queue), std::move(output), std::move(wishKeyframe), std::move(onClosed)};
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->added.emplace_back(id, std::move(service));
    }
    // What the queue said before now was for an id that nobody served.
    wake(id);
}

void OutputLoop::wake(Id id) {
    bool notify = false;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->woken.push_back(id);
        notify = std::exchange(impl_->sleeping, false);
    }
    if (notify) impl_->work.notify_one();
}

void OutputLoop::post(std::function<void()> job) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->jobs.push_back(std::move(job));
        impl_->sleeping = false;
    }
    impl_->work.notify_one();
}

bool OutputLoop::isStuck(std::chrono::milliseconds limit) const {
    const Clock::rep since = impl_->busySince;
    return since != 0 && Clock::now() - Clock::time_point(Clock::duration(since)) > limit;
}

OutputLoop& OutputLoops::of(const std::string& key) {
    if (const auto found = loops_.find(key); found != loops_.end()) return *found->second;
    auto loop = std::make_unique<OutputLoop>(mainLoop_, "out-" + key);
    return *loops_.emplace(key, std::move(loop)).first->second;
}

bool OutputLoops::isStuck(const std::string& key, std::chrono::milliseconds limit) const {
    const auto found = loops_.find(key);
    return found != loops_.end() && found->second->isStuck(limit);
}

} // namespace spillway::relay
