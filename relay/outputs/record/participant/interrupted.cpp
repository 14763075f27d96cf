#include "relay/outputs/record/participant/interrupted.h"

#include "relay/base/descriptor.h"
#include "relay/base/log.h"
#include "relay/base/replace_file.h"
#include "relay/outputs/record/folders.h"
#include "relay/outputs/record/recording_name.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string_view>

namespace spillway::relay {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view before = "\"state\": \"recording\"";
constexpr std::string_view after = "\"state\": \"interrupted\"";
/// Ours are a hundredth of that.
constexpr std::size_t longest = std::size_t{256} * 1024;

std::optional<std::string> read(int folder, const std::string& name) {
    const Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> part{};
    while (file && text.size() <= longest) {
        const auto bytes = ::read(file.get(), part.data(), part.size());
        if (bytes < 0) return std::nullopt;
        if (bytes == 0) return text;
        text.append(part.data(), static_cast<std::size_t>(bytes));
    }
    return std::nullopt;
}

/// In `folder`, which is at `path`.
void mark(int folder, const fs::path& path, const std::string& recording) {
    const std::string description = descriptionOf(recording);
    auto text = read(folder, description);
    const auto at = text ? text->find(before) : std::string::npos;
    if (at == std::string::npos || isBeingWritten(folder, recording)) return;
    text->replace(at, before.size(), after);
    if (replaceFile(path / description, *text, 0640))
        log::warn("recording was interrupted file={}", (path / recording).string());
}

} // namespace

void markInterrupted(const fs::path& directory, const std::string& subscription) {
    const Descriptor base(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!base) return;
    eachFolder(base.get(), [&](const std::string& call, int callFolder) {
        eachFolder(callFolder, [&](const std::string& participant, int folder) {
            for (const std::string& name : entriesOf(folder))
                if (recordingOwner(name) == std::string_view(subscription))
                    mark(folder, directory / call / participant, name);
        });
    });
}

} // namespace spillway::relay
