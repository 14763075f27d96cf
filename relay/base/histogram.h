// A histogram of fixed buckets that any thread may add to and read without a lock; that of prometheus-cpp
// takes one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace spillway::relay {

struct HistogramReading {
    std::vector<double> bounds;        ///< upper bounds, ascending; a last bucket without bound follows
    std::vector<std::uint64_t> counts; ///< bounds.size() + 1, not cumulative
    double sum = 0;

    std::uint64_t total() const;
};

class Histogram {
  public:
    explicit Histogram(std::vector<double> bounds);

    /// Any thread, wait-free but for the sum.
    void add(double value);
    /// Any thread. Counts that are added meanwhile may be missing; none is counted twice.
    HistogramReading read() const;

    static std::vector<double> depthBuckets();    ///< 0, 1, 2, 4 … 4096 buffers
    static std::vector<double> latencyBuckets();  ///< 10 µs … 10 s, three a decade
    static std::vector<double> keyframeBuckets(); ///< 10 ms … 30 s

  private:
    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
    std::atomic<double> sum_{0};
};

} // namespace spillway::relay
