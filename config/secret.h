// A secret that has been read from a file, the environment or a systemd credential. It cannot be printed by
// accident: there is no conversion to text but reveal().
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

class Secret {
  public:
    explicit Secret(std::string value)
        : value_(std::move(value)) {}

    /// The value itself, for comparing or for handing to a library.
    const std::string& reveal() const { return value_; }

    /// Compares in time that depends on the length of `candidate` alone. Any thread.
    bool matches(std::string_view candidate) const;

    /// Whether a reload changed it; not for what comes from outside.
    bool operator==(const Secret&) const = default;

  private:
    std::string value_;
};

} // namespace spillway::config
