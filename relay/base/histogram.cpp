#include "relay/base/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace spillway::relay {

std::uint64_t HistogramReading::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds))
    , counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {}

void Histogram::add(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    double sum = sum_.load(std::memory_order_relaxed);
    while (!sum_.compare_exchange_weak(sum, sum + value, std::memory_order_relaxed)) {
    }
}

HistogramReading Histogram::read() const {
    HistogramReading reading{bounds_, std::vector<std::uint64_t>(bounds_.size() + 1), 0};
    for (std::size_t i = 0; i < reading.counts.size(); ++i)
        reading.counts[i] = counts_[i].load(std::memory_order_relaxed);
    reading.sum = sum_.load(std::memory_order_relaxed);
    return reading;
}

std::vector<double> Histogram::depthBuckets() {
    std::vector<double> bounds{0};
    for (int i = 0; i <= 12; ++i)
        bounds.push_back(std::ldexp(1.0, i));
    return bounds;
}

std::vector<double> Histogram::latencyBuckets() {
    return {10e-6, 25e-6, 50e-6,  100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
            25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1,      2.5,  5,      10};
}

std::vector<double> Histogram::keyframeBuckets() {
    return {0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 30};
}

} // namespace spillway::relay
