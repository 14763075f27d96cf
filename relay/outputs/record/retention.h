// Deletes the old recordings of one subscription.
//
// Comes in: the wish to look, from time to time. Goes out: files unlinked below DIRECTORY/call/participant
// and the folders of sources in there. Touches only regular files whose name tells this subscription, in the
// folders of participants and tracks that it wants, and the JSON files beside them; those of earlier
// versions, which tell none, while nobody else records into the directory. Never one that is being written
// (by this process or another: it is locked), and follows no symbolic link. Owner: the group's chore. Output
// loop thread.
#pragma once

#include "config/glob.h"
#include "config/settings.h"
#include "relay/outputs/record/directory_use.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::relay {

class Retention {
  public:
    Retention(std::string subscription, const config::RecordOutput& settings, config::TrackGlob tracks,
              std::shared_ptr<const DirectoryUse> use);

    /// Looks at most once a minute, or twice in a shorter `keep`; `now` is also what the age of files is
    /// measured against.
    void apply(std::chrono::system_clock::time_point now);

  private:
    struct Recording {
        std::string call, participant;
        std::string source; ///< empty for a file with all tracks of the participant
        std::string name;
        std::uint64_t bytes = 0;
        std::chrono::system_clock::time_point written; ///< last
    };

    bool owns(std::string_view name) const;
    std::vector<Recording> scan(int base) const;
    void addOwned(const Recording& folder, int descriptor, std::vector<Recording>& found) const;
    bool remove(int base, const Recording& recording, const char* cause) const;

    std::string subscription_;
    std::filesystem::path directory_;
    std::optional<std::chrono::milliseconds> keep_;
    std::optional<std::uint64_t> maxBytes_;
    config::TrackGlob tracks_;
    std::shared_ptr<const DirectoryUse> use_;
    std::chrono::milliseconds lookEvery_;
    std::optional<std::chrono::steady_clock::time_point> lastLook_;
};

} // namespace spillway::relay
