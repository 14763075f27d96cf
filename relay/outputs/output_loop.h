// One thread that serves the outputs of many subscribers: it takes frames from their queues in batches and writes them.
//
// Comes in: queues that say they have something. Goes out: Output::write. A queue gets at most `batch` frames a turn, so
// that a busy one does not starve the others. Frames that are left when a queue has ended are written before close().
// Owner: OutputLoops. Main loop, but for wake(), which is for any thread.
#pragma once

#include "relay/loop.h"
#include "relay/outputs/output.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace spillway::relay {

class OutputLoop {
  public:
    using Id = std::uint64_t;

    /// `post` runs a function on the main loop.
    explicit OutputLoop(Loop& mainLoop, std::string name);
    /// Abandons what is left and joins the thread.
    ~OutputLoop();
    OutputLoop(const OutputLoop&) = delete;
    OutputLoop& operator=(const OutputLoop&) = delete;

    /// A number for a queue that is to be made: its wakeReader hook is `[=] { loop.wake(id); }`.
    Id reserve();
    /// Starts to serve. `onClosed` runs on the main loop after Output::close, once, with the queue's reason to end.
    void add(Id id, std::shared_ptr<FrameQueue> queue, std::unique_ptr<Output> output,
             std::function<void()> wishKeyframe, std::function<void(EndReason)> onClosed);
    /// Any thread, also a streaming thread: never blocks for long; a system call only when the loop sleeps.
    void wake(Id id);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The output loops by OutputGroup::loopKey. A loop stays until all goes: their number is bounded by the keys in use.
class OutputLoops {
  public:
    explicit OutputLoops(Loop& mainLoop)
        : mainLoop_(mainLoop) {}
    OutputLoop& of(const std::string& key);

  private:
    Loop& mainLoop_;
    std::map<std::string, std::unique_ptr<OutputLoop>> loops_;
};

} // namespace spillway::relay
