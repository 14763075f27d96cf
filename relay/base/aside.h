// Work that may never end, such as a call to a file system that does not answer: on a thread of its own, for
// which nobody has to wait.
//
// The threads that have not ended are bounded in number, in all and for each file system, so that one which
// is silent leaves room for the others. Any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <utility>

namespace spillway::relay {

/// Throws std::runtime_error when 32 of them have not ended, or 8 on the file system of `path`, or no
/// thread can be had.
void startAside(const std::filesystem::path& path, std::function<void()> work);

/// What `work` returns or throws. The future may go at any time; `work` must own all that it touches.
template <class T>
std::future<T> aside(const std::filesystem::path& path, std::function<T()> work) {
    const auto task = std::make_shared<std::packaged_task<T()>>(std::move(work));
    auto result = task->get_future();
    startAside(path, [task] { (*task)(); });
    return result;
}

} // namespace spillway::relay
