#include "relay/outputs/record/matroska_file.h"

#include "relay/gst/element.h"

#include <fmt/core.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

std::string textOf(int error) {
    return std::generic_category().message(error);
}

/// How many buffers one system call may write; the kernel's limit is 1024.
constexpr std::size_t maxRun = 64;
constexpr int mostAgain = 999;
constexpr std::chrono::seconds muxerDeadline{5};

/// Maps buffers for reading while it lives.
class MappedRun {
  public:
    /// Of `count` pieces from `first` on.
    MappedRun(const std::vector<gst::ByteSink::Piece>& pieces, std::size_t first, std::size_t count)
        : pieces_(pieces)
        , first_(first)
        , maps_(count) {
        for (std::size_t i = 0; i < count; ++i) {
            gst_buffer_map(pieces[first + i].buffer.get(), &maps_[i], GST_MAP_READ);
            vectors_.push_back({maps_[i].data, maps_[i].size});
        }
    }
    ~MappedRun() {
        for (std::size_t i = 0; i < maps_.size(); ++i)
            gst_buffer_unmap(pieces_[first_ + i].buffer.get(), &maps_[i]);
    }
    MappedRun(const MappedRun&) = delete;
    MappedRun& operator=(const MappedRun&) = delete;

    /// The kernel wrote `bytes` of the front.
    void consume(std::size_t bytes) {
        while (next_ < vectors_.size() && bytes >= vectors_[next_].iov_len)
            bytes -= vectors_[next_++].iov_len;
        if (next_ == vectors_.size()) return;
        vectors_[next_].iov_base = static_cast<char*>(vectors_[next_].iov_base) + bytes;
        vectors_[next_].iov_len -= bytes;
    }
    bool done() const { return next_ == vectors_.size(); }
    const iovec* front() const { return &vectors_[next_]; }
    int left() const { return static_cast<int>(vectors_.size() - next_); }

  private:
    const std::vector<gst::ByteSink::Piece>& pieces_;
    std::size_t first_;
    std::vector<GstMapInfo> maps_;
    std::vector<iovec> vectors_;
    std::size_t next_ = 0;
};

/// How many pieces from `first` on follow each other in the file.
std::size_t runLength(const std::vector<gst::ByteSink::Piece>& pieces, std::size_t first) {
    std::size_t count = 1;
    std::uint64_t end = pieces[first].offset + gst_buffer_get_size(pieces[first].buffer.get());
    while (count < maxRun && first + count < pieces.size() && pieces[first + count].offset == end) {
        end += gst_buffer_get_size(pieces[first + count].buffer.get());
        ++count;
    }
    return count;
}

std::unique_ptr<gst::Muxer> makeMuxer(GstCaps* caps) {
    auto element = gst::makeElement("matroskamux");
    // A cue for every audio packet would be the larger part of the index; a cluster must not last until the
    // next keyframe, because what players can seek to, and what a crash leaves, are whole clusters.
    g_object_set(element.get(), "writing-app", "spillway", "min-index-interval", std::int64_t{1'000'000'000},
                 "max-cluster-duration", std::int64_t{5'000'000'000}, nullptr);
    const bool video =
        g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "video/") != 0;
    return std::make_unique<gst::Muxer>(std::move(element), video ? "video_%u" : "audio_%u", caps);
}

} // namespace

MatroskaFile::MatroskaFile(const PathOf& pathOf, GstCaps* caps) {
    create(pathOf);
    try {
        muxer_ = makeMuxer(caps);
    } catch (const std::exception& error) {
        ::unlink(path_.c_str());
        throw std::runtime_error(fmt::format("{}: {}", path_.string(), error.what()));
    }
}

MatroskaFile::~MatroskaFile() {
    if (frames_ == 0) ::unlink(path_.c_str());
}

void MatroskaFile::create(const PathOf& pathOf) {
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

bool MatroskaFile::write(gst::Ref<GstBuffer> frame) {
    if (!isStillThere()) return fail("the file was removed");
    if (!muxer_->push(std::move(frame))) return fail("the muxer refused a frame");
    if (!flush()) return false;
    goodEnd_ = end_;
    ++frames_;
    return true;
}

bool MatroskaFile::finish() {
    if (!muxer_->end(muxerDeadline)) return fail("the muxer did not end");
    if (!flush()) return false;
    return file_.close() || fail(errno);
}

/// The kernel writes to a file without a name as if nothing had happened.
bool MatroskaFile::isStillThere() {
    struct stat status {};
    return ::fstat(file_.get(), &status) == 0 && status.st_nlink > 0;
}

bool MatroskaFile::flush() {
    const auto pieces = muxer_->take();
    for (std::size_t i = 0; i < pieces.size();) {
        const std::size_t count = runLength(pieces, i);
        if (!writeRun(pieces, i, count)) return false;
        i += count;
    }
    return true;
}

bool MatroskaFile::writeRun(const std::vector<gst::ByteSink::Piece>& pieces, std::size_t first,
                            std::size_t count) {
    MappedRun run(pieces, first, count);
    auto offset = pieces[first].offset;
    while (!run.done()) {
        const auto written = ::pwritev(file_.get(), run.front(), run.left(), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail(written < 0 ? errno : EIO);
        run.consume(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
        end_ = std::max(end_, offset);
    }
    return true;
}

bool MatroskaFile::fail(int error) {
    return fail(textOf(error));
}

bool MatroskaFile::fail(const std::string& cause) {
    error_ = fmt::format("{}: {}", path_.string(), cause);
    cutToWholeFrames();
    return false;
}

void MatroskaFile::cutToWholeFrames() {
    if (!file_) return;
    // Should this fail as well, players meet a torn frame at the very end.
    [[maybe_unused]] const int result = ::ftruncate(file_.get(), static_cast<off_t>(goodEnd_));
    file_.close();
}

} // namespace spillway::relay
