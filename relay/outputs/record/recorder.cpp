#include "relay/outputs/record/recorder.h"

#include "relay/base/log.h"
#include "relay/gst/clock_time.h"
#include "relay/outputs/record/matroska_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

/// What a decoder is set up with: with other values of these it needs a file of its own.
bool sameDecoder(const GstCaps* one, const GstCaps* other) {
    static constexpr std::array fields{"codec_data",    "stream-format",         "streamheader",
                                       "channels",      "bit-depth-luma",        "bit-depth-chroma",
                                       "chroma-format", "channel-mapping-family"};
    const GstStructure* a = gst_caps_get_structure(one, 0);
    const GstStructure* b = gst_caps_get_structure(other, 0);
    if (gst_structure_get_name_id(a) != gst_structure_get_name_id(b)) return false;
    if (gst_structure_has_name(a, "video/x-vp8")) return true; // each keyframe says everything
    return std::all_of(fields.begin(), fields.end(), [&](const char* field) {
        const GValue* inA = gst_structure_get_value(a, field);
        const GValue* inB = gst_structure_get_value(b, field);
        return inA && inB ? gst_value_compare(inA, inB) == GST_VALUE_EQUAL : inA == inB;
    });
}

/// Shares the media; the timestamps are the copy's own.
gst::Ref<GstBuffer> stamped(const Frame& frame, FrameTimeline::Time time) {
    GstBuffer* copy = gst_buffer_copy(frame.buffer.get());
    GST_BUFFER_PTS(copy) = static_cast<GstClockTime>(time.count());
    GST_BUFFER_DTS(copy) = GST_CLOCK_TIME_NONE;
    if (frame.keyframe)
        gst_buffer_unset_flags(copy, GST_BUFFER_FLAG_DELTA_UNIT);
    else
        gst_buffer_set_flags(copy, GST_BUFFER_FLAG_DELTA_UNIT);
    return gst::Ref<GstBuffer>::adopt(copy);
}

} // namespace

Recorder::Recorder(RecorderSettings settings, OutputRequest request)
    : settings_(std::move(settings))
    , request_(std::move(request))
    , folder_(settings_.directory,
              std::filesystem::path(request_.track.call) / request_.track.participant / request_.track.source,
              settings_.subscription) {}

Recorder::~Recorder() = default;

bool Recorder::write(const Frame& frame) {
    if (file_ && !continuesFile(frame)) finishFile();
    if (!file_ && !openFile(frame)) return false;
    return append(frame);
}

void Recorder::close(EndReason /*reason*/) {
    if (file_) finishFile();
}

bool Recorder::wantsKeyframe() {
    if (request_.kind == MediaKind::audio) return false;
    return file_ ? segmentIsOver() : retry_.mayTry(Clock::now());
}

bool Recorder::segmentIsOver() const {
    return settings_.segment.count() > 0 && timeline_.span() >= settings_.segment;
}

bool Recorder::continuesFile(const Frame& frame) const {
    if (frame.keyframe && segmentIsOver()) return false;
    if (frame.format == format_) return true;
    return frame.format->incarnation == format_->incarnation &&
           sameDecoder(frame.format->caps.get(), format_->caps.get());
}

bool Recorder::openFile(const Frame& frame) {
    if (!frame.keyframe || !retry_.mayTry(Clock::now())) return false;
    try {
        file_ = std::make_unique<MatroskaFile>(folder_.pathsFor(frame.captured.value_or(frame.arrived)),
                                               frame.format->caps.get());
    } catch (const std::runtime_error& error) {
        fail(error.what());
        return false;
    }
    format_ = frame.format;
    timeline_ = {};
    request_.status->setTarget(file_->path().string());
    log::info("recording started subscriber={} track={} file={}", settings_.subscription,
              request_.track.text(), file_->path().string());
    return true;
}

bool Recorder::append(const Frame& frame) {
    GstBuffer* buffer = frame.buffer.get();
    const auto time = timeline_.next(gst::durationOf(GST_BUFFER_PTS(buffer)),
                                     gst::durationOf(GST_BUFFER_DTS(buffer)), frame.arrived);
    if (!file_->write(stamped(frame, time))) {
        fail(file_->error());
        return false;
    }
    if (std::exchange(failing_, false)) request_.status->setError({});
    return true;
}

void Recorder::finishFile() {
    const auto file = std::move(file_);
    if (!file->finish()) {
        fail(file->error());
        return;
    }
    log::info("recording finished subscriber={} track={} file={} frames={} seconds={:.1f}",
              settings_.subscription, request_.track.text(), file->path().string(), file->frames(),
              std::chrono::duration<double>(timeline_.span()).count());
}

void Recorder::fail(std::string error) {
    file_.reset();
    retry_.failed(Clock::now());
    failing_ = true;
    request_.status->setTarget({});
    log::warn("recording failed subscriber={} track={} error=\"{}\"", settings_.subscription,
              request_.track.text(), error);
    request_.status->setError(std::move(error));
}

} // namespace spillway::relay
