#include "config/file.h"

#include "config/byte_size.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spillway::config {

namespace {

[[noreturn]] void failWithErrno() {
    throw FileError(std::generic_category().message(errno));
}

class Descriptor {
  public:
    /// O_NONBLOCK, because opening a pipe without a writer would wait forever.
    explicit Descriptor(const std::filesystem::path& file)
        : fd_(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {
        if (fd_ < 0) failWithErrno();
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(fd_); }

    int get() const { return fd_; }

  private:
    int fd_;
};

std::size_t sizeOfRegularFile(const Descriptor& descriptor) {
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) failWithErrno();
    if (S_ISDIR(status.st_mode)) throw FileError("it is a directory, not a file");
    if (!S_ISREG(status.st_mode)) throw FileError("it is not a regular file");
    return static_cast<std::size_t>(status.st_size);
}

[[noreturn]] void failTooLarge(std::size_t maxBytes) {
    throw FileError("it is too large; the limit is " + formatByteSize(maxBytes));
}

} // namespace

std::string readFile(const std::filesystem::path& file, std::size_t maxBytes) {
    const Descriptor descriptor(file);
    if (sizeOfRegularFile(descriptor) > maxBytes) failTooLarge(maxBytes);
    // One byte more than allowed, because the file may be growing, and files under /proc report no size.
    std::string contents(maxBytes + 1, '\0');
    std::size_t filled = 0;
    while (filled < contents.size()) {
        const ssize_t got = ::read(descriptor.get(), contents.data() + filled, contents.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) failWithErrno();
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    if (filled > maxBytes) failTooLarge(maxBytes);
    contents.resize(filled);
    return contents;
}

void checkReadable(const std::filesystem::path& file) {
    sizeOfRegularFile(Descriptor(file));
}

} // namespace spillway::config
