// Deletes the old recordings of one subscription.
//
// Comes in: the wish to look, at each new file. Goes out: files unlinked below
// DIRECTORY/call/participant/source. Touches only regular files with a recording's name in the folders of
// tracks that the subscription wants, never one that is being written (by this process or another: it is
// locked), and follows no symbolic link. Shared by the recorders of a subscription. Output loop thread.
#pragma once

#include "config/glob.h"
#include "config/settings.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace spillway::relay {

class Retention {
  public:
    Retention(const config::RecordOutput& settings, config::TrackGlob tracks);

    /// Looks at most once a minute; `now` is also what the age of files is measured against.
    void apply(std::chrono::system_clock::time_point now);

  private:
    struct Recording {
        std::string call, participant, source, name;
        std::uint64_t bytes = 0;
        std::chrono::system_clock::time_point written; ///< last
    };

    std::vector<Recording> scan(int base) const;
    bool remove(int base, const Recording& recording, const char* cause) const;

    std::filesystem::path directory_;
    std::optional<std::chrono::milliseconds> keep_;
    std::optional<std::uint64_t> maxBytes_;
    config::TrackGlob tracks_;
    std::optional<std::chrono::steady_clock::time_point> lastLook_;
};

} // namespace spillway::relay
