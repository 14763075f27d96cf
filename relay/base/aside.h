// Work that may never end, such as a call to a file system that does not answer: on a thread of its own, for
// which nobody has to wait.
//
// The threads that have not ended are bounded in number. Any thread.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>

namespace spillway::relay {

/// Throws std::runtime_error when 32 of them have not ended, or no thread can be had.
void startAside(std::function<void()> work);

/// What `work` returns or throws. The future may go at any time; `work` must own all that it touches.
template <class T>
std::future<T> aside(std::function<T()> work) {
    const auto task = std::make_shared<std::packaged_task<T()>>(std::move(work));
    auto result = task->get_future();
    startAside([task] { (*task)(); });
    return result;
}

} // namespace spillway::relay
