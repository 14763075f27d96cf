#include "relay/outputs/record/matroska_file.h"

#include "relay/gst/element.h"

#include <fmt/core.h>

#include <sys/uio.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace spillway::relay {

namespace {

/// How many buffers are mapped at a time.
constexpr std::size_t maxRun = 64;
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

    const std::vector<iovec>& vectors() const { return vectors_; }

  private:
    const std::vector<gst::ByteSink::Piece>& pieces_;
    std::size_t first_;
    std::vector<GstMapInfo> maps_;
    std::vector<iovec> vectors_;
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

MatroskaFile::MatroskaFile(const RecordingFile::PathOf& pathOf, GstCaps* caps)
    : file_(pathOf) {
    try {
        muxer_ = makeMuxer(caps);
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}: {}", file_.path().string(), error.what()));
    }
}

bool MatroskaFile::write(gst::Ref<GstBuffer> frame) {
    if (!file_.isStillThere()) return file_.fail("the file was removed");
    if (!muxer_->push(std::move(frame))) return file_.fail("the muxer refused a frame");
    if (!flush()) return false;
    file_.keep();
    ++frames_;
    return true;
}

bool MatroskaFile::finish() {
    if (!muxer_->end(muxerDeadline)) return file_.fail("the muxer did not end");
    return flush() && file_.close();
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
    const MappedRun run(pieces, first, count);
    return file_.write(run.vectors(), pieces[first].offset);
}

} // namespace spillway::relay
