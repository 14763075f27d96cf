// Builds metric families: one line for each sample, a table of columns for what has many numbers, and a bound
// on how many series a family may have. Any thread.
#pragma once

#include "relay/base/histogram.h"

#include <prometheus/metric_family.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace spillway::daemon::metrics {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

class Family {
  public:
    /// `name` as Prometheus sees it, with its prefix.
    Family(std::string name, std::string help, prometheus::MetricType type);

    void add(Labels labels, double value);
    void add(Labels labels, const relay::HistogramReading& reading);
    /// Moves it to `families` unless it has no series.
    void moveTo(Families& families) &&;

  private:
    prometheus::MetricFamily family_;
};

// These put `spillway_` before the name.
Family gauge(const std::string& name, const std::string& help);
Family counter(const std::string& name, const std::string& help);
Family histogram(const std::string& name, const std::string& help);

/// A family of one series without labels.
void addSingle(Families& families, Family family, double value);

/// A family as a column of a table: each row is one series of it.
template <class Row>
struct Column {
    const char* name; ///< without `spillway_`; a counter when it ends in `_total`, else a gauge
    const char* help;
    double (*read)(const Row&);
};

template <class Row>
using Rows = std::vector<std::pair<Labels, const Row*>>;

template <class Number>
double toDouble(Number value) {
    if constexpr (std::is_arithmetic_v<Number>)
        return static_cast<double>(value);
    else
        return std::chrono::duration<double>(value).count();
}

/// Reads a column from a member, or from a member of a member; spans of time in seconds.
template <auto... path, class Row>
double field(const Row& row) {
    return toDouble((row.*....*path));
}

/// The family that a column makes, still empty.
Family familyOf(const std::string& name, const std::string& help);

template <class Row, std::size_t count>
void addTable(Families& families, const std::array<Column<Row>, count>& columns, const Rows<Row>& rows) {
    for (const auto& column : columns) {
        Family family = familyOf(column.name, column.help);
        for (const auto& [labels, row] : rows)
            family.add(labels, column.read(*row));
        std::move(family).moveTo(families);
    }
}

/// A series for each value of an enum, with the label `reason`.
template <class Reason, std::size_t reasons>
void addReasons(Family& family, const Labels& labels, const std::array<std::uint64_t, reasons>& counts,
                const char* (*name)(Reason)) {
    for (std::size_t i = 0; i < reasons; ++i) {
        Labels with = labels;
        with.push_back({"reason", name(static_cast<Reason>(i))});
        family.add(std::move(with), static_cast<double>(counts.at(i)));
    }
}

/// Keeps `maxSeries` at most. What is more is summed: labels that name something (call, participant, track,
/// subscription, route) are `other` there, those of few values (reason, state) stay.
void limitSeries(prometheus::MetricFamily& family, std::size_t maxSeries);

} // namespace spillway::daemon::metrics
