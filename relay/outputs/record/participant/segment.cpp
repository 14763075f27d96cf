#include "relay/outputs/record/participant/segment.h"

#include "relay/base/log.h"
#include "relay/base/replace_file.h"
#include "relay/outputs/record/recording_name.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;

/// Frames of one track further apart than this are told: it paused, or was lost.
constexpr milliseconds shortestGap{1000};
constexpr std::size_t mostGaps = 100;
/// The resolution of the file's times.
constexpr milliseconds tick{1};

std::vector<MediaTrack> mediaOf(const std::vector<Segment::Entry>& entries) {
    std::vector<MediaTrack> media;
    media.reserve(entries.size());
    for (const Segment::Entry& entry : entries)
        media.push_back(entry.media);
    return media;
}

std::string iso(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::duration_cast<milliseconds>(time - whole).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), rest);
}

} // namespace

Segment::Segment(SegmentNames names, const RecordingFile::PathOf& pathOf, const std::vector<Entry>& entries,
                 Clock::time_point base)
    : names_(std::move(names))
    , base_(base)
    , start_(wallTimeOf(base))
    , file_(pathOf, mediaOf(entries), start_) {
    for (const Entry& entry : entries)
        lines_.emplace_back().entry = entry;
    describe("recording");
}

Segment::~Segment() {
    if (frames() > 0) return;
    std::error_code ignored;
    std::filesystem::remove(description(), ignored);
}

Segment::Line* Segment::lineOf(Track track) {
    const auto line =
        std::find_if(lines_.begin(), lines_.end(), [&](const Line& one) { return one.entry.track == track; });
    return line == lines_.end() ? nullptr : &*line;
}

bool Segment::has(Track track, const MediaTrack& media) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) {
        return line.entry.track == track && media.continues(line.entry.media);
    });
}

bool Segment::hasPicture() const {
    return std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.entry.media.video; });
}

/// A frame that steps back is out of place, unless its decoding time goes on (B-frames).
Segment::Time Segment::place(Line& line, Time wanted, Clock::time_point order) {
    Time time = std::max(Time{0}, wanted);
    const bool isReordered = line.frames > 0 && time < line.last && order > line.lastOrder;
    if (line.frames > 0 && !isReordered) time = std::max(time, line.last + tick);
    line.lastOrder = std::max(line.lastOrder, order);
    return time;
}

void Segment::note(Line& line, Time time) {
    if (line.frames++ == 0) {
        line.first = line.last = time;
        return;
    }
    if (time <= line.last) return;
    const Gap gap{line.last, time};
    line.step = time - line.last;
    line.last = time;
    if (line.step < shortestGap) return;
    line.step = tick;
    if (line.gaps.size() < mostGaps)
        line.gaps.push_back(gap);
    else
        ++line.moreGaps;
}

bool Segment::write(Track track, Stamp stamp, bool keyframe, bool lossBefore, GstBuffer* frame) {
    Line& line = *lineOf(track);
    const Time time = place(line, std::chrono::round<Time>(stamp.when - base_), stamp.order);
    if (!file_.write(static_cast<std::size_t>(&line - lines_.data()), time, keyframe, frame)) return false;
    if (lossBefore && line.frames > 0) ++line.losses;
    note(line, time);
    return true;
}

/// To where the next file begins, unless a track went on; or to the end of the last frame, which lasts as
/// long as the one before.
Segment::Time Segment::duration() const {
    Time end = next_ ? std::chrono::round<Time>(*next_ - base_) : Time{0};
    for (const Line& line : lines_)
        if (line.frames > 0) end = std::max(end, line.last + (next_ ? tick : line.step));
    return end;
}

double Segment::seconds() const {
    return std::chrono::duration<double>(duration()).count();
}

bool Segment::finish() {
    const bool done = file_.finish(duration());
    describe(done ? "finished" : "failed");
    return done;
}

std::filesystem::path Segment::description() const {
    return file_.path().parent_path() / descriptionOf(file_.path().filename());
}

void Segment::describe(const char* state) const {
    const auto path = description();
    if (replaceFile(path, text(state), 0640)) return;
    log::warn("cannot describe a recording file={} error=\"{}\"", path.string(),
              std::generic_category().message(errno));
}

/// Names and codecs have no character that JSON escapes.
std::string Segment::text(const char* state) const {
    std::string tracks;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const Line& line = lines_[i];
        std::string gaps;
        for (const Gap& gap : line.gaps)
            gaps += fmt::format("{}{{\"from_ms\": {}, \"to_ms\": {}}}", gaps.empty() ? "" : ", ",
                                gap.from.count(), gap.to.count());
        tracks +=
            fmt::format("{}\n    {{\"number\": {}, \"source\": \"{}\", \"kind\": \"{}\", \"codec\": \"{}\", "
                        "\"frames\": {}, \"first_ms\": {}, \"last_ms\": {}, \"losses\": {}, "
                        "\"gaps\": [{}], \"more_gaps\": {}}}",
                        tracks.empty() ? "" : ",", i + 1, line.entry.media.name,
                        line.entry.media.video ? "video" : "audio", line.entry.media.codec, line.frames,
                        line.first.count(), line.last.count(), line.losses, gaps, line.moreGaps);
    }
    return fmt::format(
        "{{\n  \"version\": 1,\n  \"state\": \"{}\",\n  \"file\": \"{}\",\n  \"subscription\": "
        "\"{}\",\n  \"call\": \"{}\",\n  \"participant\": \"{}\",\n  \"start\": \"{}\",\n  "
        "\"duration_ms\": {},\n  \"tracks\": [{}\n  ]\n}}\n",
        state, file_.path().filename().string(), names_.subscription, names_.call, names_.participant,
        iso(start_), duration().count(), tracks);
}

} // namespace spillway::relay
