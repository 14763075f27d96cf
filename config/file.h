// Reads small files, up to a limit, and never waits for a pipe or a device.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace spillway::config {

/// what() says why without naming the file.
class FileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The contents of a regular file of at most `maxBytes`. Throws FileError.
std::string readFile(const std::filesystem::path& file, std::size_t maxBytes);

/// Throws FileError unless this is a regular file that this process may read.
void checkReadable(const std::filesystem::path& file);

} // namespace spillway::config
