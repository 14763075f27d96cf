// A secret read from a file, the environment or a systemd credential. It cannot be printed by accident: only
// reveal() turns it into text.
#pragma once

#include <string>
#include <string_view>

namespace spillway::config {

class Secret {
  public:
    explicit Secret(std::string value)
        : value_(std::move(value)) {}

    /// The value itself, to hand to a library or send to a server.
    const std::string& reveal() const { return value_; }

    /// Constant-time: the duration depends on the length of `candidate` alone. Any thread.
    bool matches(std::string_view candidate) const;

    /// Whether a reload changed it. For input from outside use matches().
    bool operator==(const Secret&) const = default;

  private:
    std::string value_;
};

} // namespace spillway::config
