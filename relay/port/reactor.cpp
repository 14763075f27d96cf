#include "relay/port/reactor.h"

#include "relay/base/descriptor.h"
#include "relay/base/thread_signals.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace spillway::relay::port {

namespace {

/// Whose event it is; the watched ones follow. Our own are edge triggered and so need not be read.
enum Source : std::uint64_t { nudgeSource, gatherSource, timeoutSource, firstWatched };

/// Readable descriptors of one turn; a worker has a few sockets.
constexpr int maxEvents = 16;

Descriptor opened(int descriptor, const char* what) {
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
    return Descriptor(descriptor);
}

void add(const Descriptor& epoll, int descriptor, std::uint32_t events, std::uint64_t source) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = source;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

/// A time that has passed fires at once. Timers of their own, since epoll_wait counts in milliseconds.
void arm(const Descriptor& timer, Clock::time_point at) {
    const auto since = at.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    itimerspec spec{};
    spec.it_value.tv_sec = seconds.count();
    spec.it_value.tv_nsec = std::chrono::nanoseconds(since - seconds).count();
    ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

} // namespace

struct Reactor::Impl {
    /// running: nothing to do. gathering: a post must nudge it, a wake need not. sleeping: both must.
    enum class Phase { running, gathering, sleeping };

    Impl(std::string threadName, Hooks& theHooks, std::chrono::microseconds gatherTime);

    void run();
    bool turn();
    int wait(std::array<epoll_event, maxEvents>& events);
    bool mayWait(Clock::time_point now, std::optional<Clock::time_point> timeout);
    bool takeWork();
    void noteBursts(bool seen);
    /// Under the lock: when those that are woken are due.
    Clock::time_point handOver() const { return bursts ? firstWake + gather : firstWake; }
    void dispatch(std::uint64_t source);
    void nudge() const;

    const std::string name;
    Hooks& hooks;
    const std::chrono::microseconds gather;

    Descriptor epoll; ///< of everything
    Descriptor own;   ///< of all but what is watched
    Descriptor nudged, gatherTimer, timeoutTimer;

    std::mutex mutex; ///< protects the next eight
    Phase phase = Phase::running;
    bool bursts = true; ///< the last round had more than one thing for some slot
    bool stopping = false;
    std::vector<std::function<void()>> posted;
    std::vector<std::uint32_t> woken;
    std::vector<std::uint64_t> wokenIn; ///< by slot: the round it is in `woken` of
    std::uint64_t round = 1;            ///< counts how often `woken` was handed over
    Clock::time_point firstWake;        ///< of this round

    std::atomic<std::uint64_t> turns{0};
    std::atomic<Clock::rep> busySince{0}; ///< 0 while it waits
    std::atomic<std::thread::id> self;

    // Of the thread alone.
    std::deque<std::function<void()>> watched;
    std::vector<std::function<void()>> functions;
    std::vector<std::uint32_t> ready;
    std::optional<Clock::time_point> armed; ///< what timeoutTimer is set to

    std::thread thread;
};

Reactor::Impl::Impl(std::string threadName, Hooks& theHooks, std::chrono::microseconds gatherTime)
    : name(std::move(threadName))
    , hooks(theHooks)
    , gather(gatherTime)
    , epoll(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))
    , own(opened(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"))
    , nudged(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"))
    , gatherTimer(opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create"))
    , timeoutTimer(opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")) {
    for (const Descriptor* each : {&epoll, &own}) {
        add(*each, nudged.get(), EPOLLIN | EPOLLET, nudgeSource);
        add(*each, gatherTimer.get(), EPOLLIN | EPOLLET, gatherSource);
        add(*each, timeoutTimer.get(), EPOLLIN | EPOLLET, timeoutSource);
    }
}

void Reactor::Impl::run() {
    blockSignals();
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    self = std::this_thread::get_id();
    while (turn()) {
    }
    busySince = 0;
}

/// False when it was the last.
bool Reactor::Impl::turn() {
    std::array<epoll_event, maxEvents> events;
    const int count = wait(events);
    busySince = Clock::now().time_since_epoch().count();
    ++turns;
    const bool last = takeWork();
    for (const auto& function : functions)
        function();
    functions.clear();
    if (last) return false;
    for (int i = 0; i < count; ++i)
        dispatch(events[static_cast<std::size_t>(i)].data.u64);
    if (!ready.empty()) noteBursts(hooks.onReady(ready));
    ready.clear();
    const auto now = Clock::now();
    const auto timeout = hooks.nextTimeout();
    if (timeout && *timeout <= now) hooks.onTimeout(now);
    return true;
}

void Reactor::Impl::noteBursts(bool seen) {
    const std::lock_guard lock(mutex);
    bursts = seen;
}

int Reactor::Impl::wait(std::array<epoll_event, maxEvents>& events) {
    const auto now = Clock::now();
    const auto timeout = hooks.nextTimeout();
    const bool waits = mayWait(now, timeout);
    if (waits) busySince = 0;
    const auto read = hooks.nextRead(now);
    if (!read || *read <= now) return ::epoll_wait(epoll.get(), events.data(), maxEvents, waits ? -1 : 0);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*read - now).count();
    return ::epoll_wait(own.get(), events.data(), maxEvents, waits ? static_cast<int>(left) : 0);
}

/// Whether there is nothing to do at `now`; then the timers are set for when there is.
bool Reactor::Impl::mayWait(Clock::time_point now, std::optional<Clock::time_point> timeout) {
    std::optional<Clock::time_point> gathered;
    {
        const std::lock_guard lock(mutex);
        if (!woken.empty()) gathered = handOver();
        if (stopping || !posted.empty() || (gathered && *gathered <= now) || (timeout && *timeout <= now))
            return false;
        phase = gathered ? Phase::gathering : Phase::sleeping;
    }
    // The waker may have set it already, or set it late for a round that is over: then it fires too early
    // once and comes by here again.
    if (gathered) arm(gatherTimer, *gathered);
    if (timeout && timeout != armed) arm(timeoutTimer, *timeout);
    if (timeout) armed = timeout;
    return true;
}

/// Fills `functions`, and `ready` when it is time. Whether the thread is to end.
bool Reactor::Impl::takeWork() {
    const std::lock_guard lock(mutex);
    phase = Phase::running;
    functions.swap(posted);
    if (!woken.empty() && handOver() <= Clock::now()) {
        ready.swap(woken);
        ++round;
    }
    return stopping;
}

void Reactor::Impl::dispatch(std::uint64_t source) {
    if (source == timeoutSource) armed.reset();
    if (source >= firstWatched) watched[source - firstWatched]();
}

void Reactor::Impl::nudge() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(nudged.get(), &one, sizeof one);
}

Reactor::Reactor(std::string name, Hooks& hooks, std::chrono::microseconds gather)
    : impl_(std::make_unique<Impl>(std::move(name), hooks, gather)) {}

Reactor::~Reactor() {
    stop();
}

void Reactor::watch(int descriptor, std::function<void()> onReadable) {
    add(impl_->epoll, descriptor, EPOLLIN, firstWatched + impl_->watched.size());
    impl_->watched.push_back(std::move(onReadable));
}

void Reactor::start() {
    assert(!impl_->thread.joinable());
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

void Reactor::stop() {
    assert(!onThread());
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->nudge();
    if (impl_->thread.joinable()) impl_->thread.join();
}

void Reactor::post(std::function<void()> fn) {
    bool waits = false;
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->stopping) return;
        impl_->posted.push_back(std::move(fn));
        waits = std::exchange(impl_->phase, Impl::Phase::running) != Impl::Phase::running;
    }
    if (waits) impl_->nudge();
}

void Reactor::wake(std::uint32_t slot) {
    bool gathers = false;
    Clock::time_point handOver;
    {
        const std::lock_guard lock(impl_->mutex);
        auto& wokenIn = impl_->wokenIn;
        if (slot >= wokenIn.size()) wokenIn.resize(std::size_t{slot} + 1);
        if (std::exchange(wokenIn[slot], impl_->round) == impl_->round) return;
        if (impl_->woken.empty()) impl_->firstWake = Clock::now();
        impl_->woken.push_back(slot);
        if (impl_->phase != Impl::Phase::sleeping) return;
        gathers = impl_->bursts;
        impl_->phase = gathers ? Impl::Phase::gathering : Impl::Phase::running;
        handOver = impl_->handOver();
    }
    if (!gathers) return impl_->nudge();
    // Straight to the time when the slots are handed over: the thread need not wake up before.
    arm(impl_->gatherTimer, handOver);
}

bool Reactor::onThread() const {
    return impl_->self.load() == std::this_thread::get_id();
}

std::uint64_t Reactor::heartbeat() const {
    return impl_->turns;
}

std::optional<Clock::time_point> Reactor::busySince() const {
    const Clock::rep since = impl_->busySince;
    if (since == 0) return std::nullopt;
    return Clock::time_point(Clock::duration(since));
}

} // namespace spillway::relay::port
