// A value that one thread at a time publishes and any thread reads whole, without a lock: a sequence lock
// over atomic words, so that a reader never delays the writer and neither is undefined behaviour.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace spillway::relay {

template <class T>
class SequenceLocked {
    static_assert(std::is_trivially_copyable_v<T>);
    static constexpr std::size_t words = (sizeof(T) + 7) / 8;

  public:
    SequenceLocked() { write(T{}); }

    /// One writer at a time; wait-free.
    void write(const T& value) {
        std::array<std::uint64_t, words> raw{};
        std::memcpy(raw.data(), &value, sizeof(T));
        const auto version = version_.load(std::memory_order_relaxed);
        version_.store(version + 1, std::memory_order_relaxed);
        // Release: whoever sees a new word sees the odd version before it.
        for (std::size_t i = 0; i < words; ++i)
            words_[i].store(raw[i], std::memory_order_release);
        version_.store(version + 2, std::memory_order_release);
    }

    /// Any thread; tries again while a write is under way.
    T read() const {
        std::array<std::uint64_t, words> raw{};
        for (;;) {
            const auto before = version_.load(std::memory_order_acquire);
            // Acquire: the second look at the version comes after the words.
            for (std::size_t i = 0; i < words; ++i)
                raw[i] = words_[i].load(std::memory_order_acquire);
            if (before % 2 == 0 && version_.load(std::memory_order_relaxed) == before) break;
        }
        T value;
        std::memcpy(static_cast<void*>(&value), raw.data(), sizeof(T));
        return value;
    }

  private:
    std::atomic<std::uint64_t> version_{0};
    std::array<std::atomic<std::uint64_t>, words> words_{};
};

} // namespace spillway::relay
