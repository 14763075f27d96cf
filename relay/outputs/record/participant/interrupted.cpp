#include "relay/outputs/record/participant/interrupted.h"

#include "relay/base/descriptor.h"
#include "relay/base/log.h"
#include "relay/base/replace_file.h"
#include "relay/outputs/record/recording_name.h"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <optional>
#include <string_view>
#include <system_error>

namespace spillway::relay {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view before = "\"state\": \"recording\"";
constexpr std::string_view after = "\"state\": \"interrupted\"";
/// Ours are a hundredth of that.
constexpr std::size_t longest = std::size_t{256} * 1024;

template <class Visit>
void eachFolder(const fs::path& folder, Visit visit) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error))
        if (std::error_code unknown; entry->symlink_status(unknown).type() == fs::file_type::directory)
            visit(entry->path());
}

Descriptor open(const fs::path& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

std::optional<std::string> read(const fs::path& path) {
    const Descriptor file = open(path);
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

bool isBeingWritten(const fs::path& recording) {
    const Descriptor file = open(recording);
    return !file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0;
}

void mark(const fs::path& recording) {
    const auto description = recording.parent_path() / descriptionOf(recording.filename());
    auto text = read(description);
    const auto at = text ? text->find(before) : std::string::npos;
    if (at == std::string::npos || isBeingWritten(recording)) return;
    text->replace(at, before.size(), after);
    if (replaceFile(description, *text, 0640))
        log::warn("recording was interrupted file={}", recording.string());
}

} // namespace

void markInterrupted(const fs::path& directory, const std::string& subscription) {
    const auto visit = [&](const fs::path& participant) {
        std::error_code error;
        for (fs::directory_iterator entry(participant, error); !error && entry != fs::directory_iterator();
             entry.increment(error)) {
            const std::string name = entry->path().filename();
            if (recordingOwner(name) == std::string_view(subscription)) mark(entry->path());
        }
    };
    eachFolder(directory, [&](const fs::path& call) { eachFolder(call, visit); });
}

} // namespace spillway::relay
