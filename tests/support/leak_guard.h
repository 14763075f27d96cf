// Records threads and descriptors of the process; require() later fails unless the same are left.
//
// Process-wide helpers that GLib, GStreamer and libnice make once and keep (known by name, below) do not
// count. Idle threads of GLib's pools are told to end, so that a pad's streaming thread counts as what it is.
#pragma once

#include "support/catch.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>

#include <glib.h>

namespace spillway::test {

class LeakGuard {
  public:
    LeakGuard() {
        g_thread_pool_set_max_unused_threads(0);
        settle();
    }

    /// Fails the test unless threads and descriptors come back to what they were within `deadline`. `turn`
    /// lets the main loop run for a moment.
    void require(const std::function<void()>& turn = {},
                 std::chrono::milliseconds deadline = std::chrono::seconds(5)) const {
        const auto end = std::chrono::steady_clock::now() + deadline;
        auto items = left();
        while (!items.empty() && std::chrono::steady_clock::now() < end) {
            if (turn) turn();
            std::this_thread::yield();
            items = left();
        }
        std::string text;
        for (const std::string& item : items)
            text += item + "\n";
        INFO("left behind:\n" << text);
        REQUIRE(text.empty());
    }

    /// Waits at the end of the process for streaming threads that are still on their way out: what OpenSSL
    /// keeps for each of them counts as leaked when it ends after OpenSSL's own handler at exit.
    static void awaitLastThreads() {
        g_thread_pool_set_max_unused_threads(0);
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (threads().size() > 1 && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
    }

    /// `thread 123 rtpjitterbuffer`, but for those that are kept.
    static std::set<std::string> threads() {
        namespace fs = std::filesystem;
        std::set<std::string> items;
        std::error_code gone; // an entry may vanish between listing and reading
        for (fs::directory_iterator it("/proc/self/task", gone), last; !gone && it != last;
             it.increment(gone)) {
            const std::string name = text(it->path() / "comm");
            if (!name.empty() && !isProcessWide(name))
                items.insert("thread " + it->path().filename().string() + " " + name);
        }
        return items;
    }

    /// What is there and was not: `thread 123 rtpjitterbuffer`, `fd 12 socket:[4711]`.
    std::set<std::string> left() const {
        std::set<std::string> more;
        for (const auto& item : read())
            if (!before_.contains(item)) more.insert(item);
        return more;
    }

  private:
    static bool isProcessWide(const std::string& thread) {
        return thread == "pool-spawner" || thread == "gmain" || thread == "gdbus" ||
               thread.starts_with("GstSystemClock");
    }

    static std::string text(const std::filesystem::path& file) {
        std::string line;
        std::getline(std::ifstream(file), line);
        return line;
    }

    static std::set<std::string> read() {
        namespace fs = std::filesystem;
        std::set<std::string> items = threads();
        std::error_code gone;
        for (fs::directory_iterator it("/proc/self/fd", gone), last; !gone && it != last;
             it.increment(gone)) {
            std::error_code unreadable;
            const auto target = fs::read_symlink(it->path(), unreadable);
            // The directory being listed is itself a descriptor.
            if (!unreadable && target.string().find("/fd") == std::string::npos)
                items.insert("fd " + it->path().filename().string() + " " + target.string());
        }
        return items;
    }

    /// Threads that were told to end just now are given the time to do so.
    void settle() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
        before_ = read();
        while (std::chrono::steady_clock::now() < end) {
            std::this_thread::yield();
            if (auto now = read(); now.size() < before_.size()) before_ = std::move(now);
        }
    }

    std::set<std::string> before_;
};

} // namespace spillway::test
