// A file that a recording is written to: new, locked while it is written, and cut to what is whole when that
// fails. Never throws after construction. Owner: whoever writes the container. Output loop thread.
#pragma once

#include "relay/base/descriptor.h"

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spillway::relay {

class RecordingFile {
  public:
    /// Its path when `again` others were there.
    using PathOf = std::function<std::filesystem::path(int again)>;

    /// Makes a new file; an existing one is never touched. Throws std::runtime_error naming the file and what
    /// is wrong.
    explicit RecordingFile(const PathOf& pathOf);
    /// The file goes when nothing in it was worth keeping.
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;

    /// At an offset; the parts are consumed. False when it could not be written: error() says why, and
    /// nothing more is written.
    bool write(std::vector<iovec> parts, std::uint64_t offset);
    /// What was written up to now is whole, and worth keeping.
    void keep() { goodEnd_ = end_; }
    /// For reasons of the container's.
    bool fail(const std::string& cause);
    /// False when the file has no name any more: the kernel writes to it as if nothing had happened.
    bool isStillThere() const;
    bool close();

    std::uint64_t end() const { return end_; } ///< bytes
    const std::filesystem::path& path() const { return path_; }
    const std::string& error() const { return error_; } ///< names the file

  private:
    void create(const PathOf& pathOf);
    bool fail(int error);

    std::filesystem::path path_;
    Descriptor file_;
    std::uint64_t end_ = 0;
    std::uint64_t goodEnd_ = 0; ///< of what is to be kept
    std::string error_;
};

} // namespace spillway::relay
