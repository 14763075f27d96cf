// Reads small files. Never reads more than the given number of bytes, and never waits for a pipe or a device.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace spillway::config {

/// what() gives the reason but does not name the file.
class FileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The contents of a regular file of at most `maxBytes`. Throws FileError.
std::string readFile(const std::filesystem::path& file, std::size_t maxBytes);

/// Throws FileError unless this is a regular file and this process may read it.
void checkReadable(const std::filesystem::path& file);

} // namespace spillway::config
