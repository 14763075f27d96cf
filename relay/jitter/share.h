// What the streams of one peer hold together while they wait for what is missing: a bound that does not grow
// with the number of SSRCs that a peer makes up. Any thread, one at a time for each Share.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace spillway::relay::jitter {

class Pool {
  public:
    /// Bytes.
    explicit Pool(std::size_t most)
        : most_(most) {}
    bool isOver() const { return held_.load(std::memory_order_relaxed) > most_; }

  private:
    friend class Share;

    const std::size_t most_;
    std::atomic<std::size_t> held_{0};
};

/// One stream's part of it, which the destructor gives back. Without a pool it is only counted.
class Share {
  public:
    explicit Share(std::shared_ptr<Pool> pool = nullptr)
        : pool_(std::move(pool)) {}
    Share(Share&& other) noexcept
        : pool_(std::move(other.pool_))
        , bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Share() { remove(bytes_); }

    void add(std::size_t bytes) {
        bytes_ += bytes;
        if (pool_) pool_->held_.fetch_add(bytes, std::memory_order_relaxed);
    }
    void remove(std::size_t bytes) {
        bytes_ -= bytes;
        if (pool_) pool_->held_.fetch_sub(bytes, std::memory_order_relaxed);
    }
    std::size_t bytes() const { return bytes_; }
    bool isOver() const { return pool_ && pool_->isOver(); }
    const std::shared_ptr<Pool>& pool() const { return pool_; }

  private:
    std::shared_ptr<Pool> pool_;
    std::size_t bytes_ = 0;
};

} // namespace spillway::relay::jitter
