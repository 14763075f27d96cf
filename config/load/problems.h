// Collects every problem, in the order of the text.
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

    /// Adds another text that may have problems, such as an override, and returns its index. If it has no
    /// lines and columns, its problems show its name alone.
    std::size_t addSource(std::string name);

    void add(const Place& place, std::string key, std::string message);
    bool empty() const { return problems_.empty(); }
    /// From now on problems are only counted, so nobody needs to compose their messages.
    bool isFull() const { return problems_.size() == maxListed; }

    /// At most `maxListed`, sorted by place, and one more that gives the number of the rest.
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
