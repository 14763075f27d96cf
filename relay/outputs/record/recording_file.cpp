#include "relay/outputs/record/recording_file.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

/// How many parts one system call may write; the kernel's limit is 1024.
constexpr std::size_t maxRun = 64;
constexpr int mostAgain = 999;

std::string textOf(int error) {
    return std::generic_category().message(error);
}

} // namespace

RecordingFile::RecordingFile(const PathOf& pathOf) {
    create(pathOf);
}

RecordingFile::~RecordingFile() {
    if (goodEnd_ == 0) ::unlink(path_.c_str());
}

void RecordingFile::create(const PathOf& pathOf) {
    for (int again = 0; again <= mostAgain; ++again) {
        path_ = pathOf(again);
        file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640));
        if (file_ || errno != EEXIST) break;
    }
    if (!file_) {
        const std::string cause = textOf(errno);
        throw std::runtime_error(fmt::format("{}: {}", std::exchange(path_, {}).string(), cause));
    }
    // Shows the retention of every recorder, in any process, that this file is being written. Not every file
    // system can.
    ::flock(file_.get(), LOCK_EX | LOCK_NB);
}

bool RecordingFile::write(std::vector<iovec> parts, std::uint64_t offset) {
    if (!file_) return false;
    std::size_t next = 0;
    while (next < parts.size()) {
        const auto count = static_cast<int>(std::min(maxRun, parts.size() - next));
        auto written = ::pwritev(file_.get(), &parts[next], count, static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(written < 0 ? errno : EIO);
        offset += static_cast<std::uint64_t>(written);
        end_ = std::max(end_, offset);
        for (; next < parts.size() && static_cast<std::size_t>(written) >= parts[next].iov_len; ++next)
            written -= static_cast<ssize_t>(parts[next].iov_len);
        if (next == parts.size()) break;
        parts[next].iov_base = static_cast<char*>(parts[next].iov_base) + written;
        parts[next].iov_len -= static_cast<std::size_t>(written);
    }
    return true;
}

bool RecordingFile::isStillThere() const {
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 && status.st_nlink > 0;
}

bool RecordingFile::close() {
    return file_.close() || fail(errno);
}

bool RecordingFile::fail(int error) {
    return fail(textOf(error));
}

bool RecordingFile::fail(const std::string& cause) {
    error_ = fmt::format("{}: {}", path_.string(), cause);
    if (!file_) return false;
    // Should this fail as well, players meet a torn frame at the very end.
    [[maybe_unused]] const int result = ::ftruncate(file_.get(), static_cast<off_t>(goodEnd_));
    file_.close();
    return false;
}

} // namespace spillway::relay
