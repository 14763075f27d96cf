// Collects everything that is wrong, in the order of the text.
#pragma once

#include "config/load/document.h"
#include "config/loader.h"

#include <string>
#include <vector>

namespace spillway::config {

class Problems {
  public:
    explicit Problems(std::string file)
        : sources_{std::move(file)} {}

    /// A further text that problems may lie in, such as an override; returns its index. One without places
    /// has no lines and columns: its problems are named by it alone.
    std::size_t addSource(std::string name);

    void add(const Place& place, std::string key, std::string message);
    bool empty() const { return problems_.empty(); }
    /// Further problems are counted only; their words need not be found.
    bool isFull() const { return problems_.size() == maxListed; }

    /// Sorted by place; at most `maxListed`, and one more that counts the rest.
    std::vector<Problem> take();

    static constexpr std::size_t maxListed = 100;

  private:
    struct Placed {
        Place place;
        Problem problem;
    };

    std::vector<std::string> sources_;
    std::vector<Placed> problems_;
    std::size_t unlisted_ = 0;
};

} // namespace spillway::config
