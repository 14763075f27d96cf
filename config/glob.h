// Which tracks a subscription wants: `call/participant/source`, where `*` matches anything within a part.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace spillway::config {

class TrackGlob {
  public:
    /// Throws std::invalid_argument, which says what is wrong and what is allowed.
    static TrackGlob parse(std::string_view text);

    bool matches(std::string_view call, std::string_view participant, std::string_view source) const;
    /// Any track of this participant.
    bool matches(std::string_view call, std::string_view participant) const;
    const std::string& text() const { return text_; }

    bool operator==(const TrackGlob&) const = default;

  private:
    std::string text_;
    std::array<std::string, 3> segments_;
};

} // namespace spillway::config
