// One thread that serves the outputs of many subscribers: it takes frames from their queues in batches and
// writes them.
//
// Comes in: queues that say they have something. Goes out: Output::write. A queue gets at most `batch` frames
// a turn, so that a busy one does not starve the others. Frames that are left when a queue has ended are
// written before close(). Never waits for anything but the outputs' own targets; knows no GStreamer. Owner:
// OutputLoops. Main loop, but for wake(), which is for any thread.
#pragma once

#include "relay/base/loop.h"
#include "relay/outputs/output.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace spillway::relay {

class OutputLoop {
  public:
    using Id = std::uint64_t;
    /// Frames of one queue before the next has its turn: enough to make the change of queue cheap, few enough
    /// that a backlog of one does not delay the others by more than some milliseconds.
    static constexpr std::size_t batch = 64;

    /// `name` is what the thread is called; the kernel keeps 15 bytes of it.
    OutputLoop(Loop& mainLoop, const std::string& name);
    /// Abandons what is left, closes the outputs with EndReason::shutdown and joins the thread: it waits for
    /// a write that is under way. No onClosed is posted for what was left.
    ~OutputLoop();
    OutputLoop(const OutputLoop&) = delete;
    OutputLoop& operator=(const OutputLoop&) = delete;

    /// A number for a queue that is to be made: its wakeReader hook is `[=] { loop.wake(id); }`.
    Id reserve();
    /// Starts to serve. `wishKeyframe` runs on the output loop's thread each time Output::wantsKeyframe turns
    /// true. `onClosed` runs on the main loop after Output::close and the Output's destruction, once, with
    /// the queue's reason to end.
    void add(Id id, std::shared_ptr<FrameQueue> queue, std::unique_ptr<Output> output,
             std::function<void()> wishKeyframe, std::function<void(EndReason)> onClosed);
    /// Runs `job` on the output loop's thread, between two queues; drops it when the loop ends before.
    void post(std::function<void()> job);
    /// Whether one write, close or job has lasted longer than `limit`: what is written to does not answer.
    bool isStuck(std::chrono::milliseconds limit) const;
    /// Any thread, also a streaming thread: never blocks for long; a system call only when the loop sleeps.
    /// An id that is not served (not yet, or no more) does no harm.
    void wake(Id id);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The output loops by OutputGroup::loopKey. A loop stays until all goes: their number is bounded by the keys
/// in use.
class OutputLoops {
  public:
    explicit OutputLoops(Loop& mainLoop)
        : mainLoop_(mainLoop) {}
    /// Throws std::runtime_error when no thread can be had for a new one.
    OutputLoop& of(const std::string& key);
    /// Whether there is one for that key and it is stuck.
    bool isStuck(const std::string& key, std::chrono::milliseconds limit) const;

  private:
    Loop& mainLoop_;
    std::map<std::string, std::unique_ptr<OutputLoop>> loops_;
};

} // namespace spillway::relay
