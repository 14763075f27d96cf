#include "relay/outputs/record/participant/participant_recorder.h"

#include "relay/base/log.h"
#include "relay/gst/clock_time.h"

#include <gst/gst.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// For tracks that are about to come.
constexpr std::chrono::seconds longestWait{2};
/// For reports; CaptureClock awaits none for longer.
constexpr std::chrono::seconds longestDoubt{4};
/// A track that is further behind is written out of order.
constexpr std::chrono::seconds hold{1};
/// A picture that has not come for so long is not waited for at the end of a segment.
constexpr std::chrono::seconds idleAfter{2};
/// Less is heard and seen by nobody.
constexpr milliseconds nearEnough{20};
/// By more than this no clock drifts, nor do reports jitter.
constexpr milliseconds furthestDrift{200};
/// Of the time that passes, what a track that is timed by reports may move.
constexpr int slewDivisor = 100;

} // namespace

ParticipantRecorder::ParticipantRecorder(RecorderSettings settings, std::string call, std::string participant)
    : settings_(std::move(settings))
    , names_{settings_.subscription, std::move(call), std::move(participant)}
    , folder_(settings_.directory, std::filesystem::path(names_.call) / names_.participant,
              settings_.subscription)
    , interleaver_(hold) {}

ParticipantRecorder::~ParticipantRecorder() = default;

ParticipantRecorder::Track ParticipantRecorder::join(const std::string& source, MediaKind kind,
                                                     std::shared_ptr<OutputStatus> status) {
    const Track track = ++lastTrack_;
    Member& member = members_[track];
    member.source = source;
    member.kind = kind;
    member.status = std::move(status);
    interleaver_.join(track, held(kind));
    return track;
}

bool ParticipantRecorder::write(Track track, const Frame& frame) {
    Member& member = members_.at(track);
    const bool begins = !member.segment && !interleaver_.has(track);
    if (begins && (!frame.keyframe || !retry_.mayTry(Clock::now()))) return false;
    auto item = itemOf(member, frame);
    if (!item) return false;
    const auto before = failures_;
    interleaver_.add(track, std::move(*item));
    if (!waitsSince_) waitsSince_ = frame.arrived;
    pump();
    removeLeft();
    return failures_ == before;
}

void ParticipantRecorder::leave(Track track) {
    members_.at(track).left = true;
    interleaver_.leave(track);
    const bool last =
        std::all_of(members_.begin(), members_.end(), [](const auto& entry) { return entry.second.left; });
    pump(last);
    removeLeft();
}

/// Those of which nothing is held any more.
void ParticipantRecorder::removeLeft() {
    for (auto entry = members_.begin(); entry != members_.end();) {
        auto& [track, member] = *entry;
        if (member.left && !interleaver_.has(track)) {
            leaveSegment(member);
            entry = members_.erase(entry);
        } else {
            ++entry;
        }
    }
    if (members_.empty()) waitsSince_.reset();
}

bool ParticipantRecorder::wantsKeyframe(Track track) const {
    const Member& member = members_.at(track);
    if (member.kind == MediaKind::audio) return false;
    if (!member.segment) return !interleaver_.has(track) && retry_.mayTry(Clock::now());
    return member.segment != current_ || (leader() == track && cutIsDue(decoded_));
}

std::optional<ParticipantRecorder::Item> ParticipantRecorder::itemOf(Member& member, const Frame& frame) {
    if (frame.format != member.format) {
        try {
            member.media = mediaTrackOf(member.source, frame.format->caps.get());
        } catch (const std::runtime_error& error) {
            member.status->setError(error.what());
            return std::nullopt;
        }
        member.format = frame.format;
    }
    Item item;
    item.frame = frame;
    item.media = member.media;
    item.arrived = frame.arrived;
    item.bytes = frame.bytes;
    time(member, item);
    member.newest = frame.arrived;
    return item;
}

/// Presentation times run on a clock of their own, by which frames follow each other; reports tell where they
/// are on ours.
void ParticipantRecorder::time(Member& member, Item& item) {
    const Frame& frame = item.frame;
    const auto presentation = gst::durationOf(GST_BUFFER_PTS(frame.buffer.get()));
    const auto decoding = gst::durationOf(GST_BUFFER_DTS(frame.buffer.get()));
    item.presentation = presentation.value_or(frame.arrived.time_since_epoch() - member.shift);
    if (presentation && decoding) item.reordered = std::max(nanoseconds(0), *presentation - *decoding);
    const nanoseconds byArrival = frame.arrived.time_since_epoch() - item.presentation;
    if (std::exchange(member.incarnation, frame.format->incarnation) != frame.format->incarnation) {
        member.shift = byArrival;
        member.isTimed = false;
    }
    if (frame.captured) heed(member, frame.captured->time_since_epoch() - item.presentation, frame.arrived);
    stamp(member, item);
}

/// A track that is being written moves slowly, or with the next segment.
void ParticipantRecorder::heed(Member& member, nanoseconds told, Clock::time_point arrived) {
    const nanoseconds off = told - member.shift;
    member.told = told;
    if (!member.segment || (!member.isTimed && std::chrono::abs(off) <= nearEnough)) {
        member.shift = told;
        member.isTimed = true;
    } else if (member.isTimed && std::chrono::abs(off) <= furthestDrift) {
        const nanoseconds most = std::max(nanoseconds(0), nanoseconds(arrived - member.newest)) / slewDivisor;
        member.shift += std::clamp(off, -most, most);
    } else {
        member.isMisplaced = true;
        return;
    }
    member.isMisplaced = false;
}

void ParticipantRecorder::stamp(const Member& member, Item& item) {
    item.when = Clock::time_point(item.presentation + member.shift);
    item.order = item.when - item.reordered;
}

/// What is held is placed by what is known now.
void ParticipantRecorder::retimeAll() {
    for (auto& [track, known] : members_) {
        Member& member = known;
        if (std::exchange(member.isMisplaced, false)) {
            member.shift = member.told;
            member.isTimed = true;
        }
        interleaver_.forEach(track, [&](Item& item) { stamp(member, item); });
    }
}

bool ParticipantRecorder::has(MediaKind kind) const {
    return std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
        return entry.second.kind == kind && interleaver_.has(entry.first);
    });
}

/// Whether each track is timed by reports, or will not be: a report may come between its frames.
bool ParticipantRecorder::isSettled(Clock::time_point now) const {
    return std::none_of(members_.begin(), members_.end(), [&](const auto& entry) {
        const Member& member = entry.second;
        const auto clock = member.format ? member.format->clock : nullptr;
        return clock && !member.isTimed && (clock->isKnown() || clock->isAwaited(now));
    });
}

bool ParticipantRecorder::mayBegin() const {
    const auto now = interleaver_.now();
    const auto waited = now - *waitsSince_;
    if (interleaver_.isFull() || waited >= longestDoubt) return true;
    return isSettled(now) && (waited >= longestWait || (has(MediaKind::video) && has(MediaKind::audio)));
}

void ParticipantRecorder::pump(bool drain) {
    if (!current_) {
        if (interleaver_.isEmpty() || !(drain || mayBegin())) return;
        retimeAll();
    }
    while (auto next = interleaver_.next(drain)) {
        auto& [track, item] = *next;
        decoded_ = std::max(decoded_, item.order);
        if (!place(track, item)) return;
    }
}

/// False after an error, which took everything that was held.
bool ParticipantRecorder::place(Track track, Item& item) {
    Member& member = members_.at(track);
    if (item.frame.keyframe && needsSegment(track, member, item)) {
        retimeAll();
        stamp(member, item);
        if (!beginSegment(track, item)) return false;
    }
    if (mayMove(member, item)) moveTo(member, current_);
    if (!member.segment || !member.segment->has(track, item.media)) return true;
    const bool lossBefore =
        item.frame.discontinuity || GST_BUFFER_FLAG_IS_SET(item.frame.buffer.get(), GST_BUFFER_FLAG_DISCONT);
    if (!member.segment->write(track, {item.when, item.order}, item.frame.keyframe, lossBefore,
                               item.frame.buffer.get())) {
        const std::string cause = member.segment->error(); // which the segment takes along
        fail(cause);
        return false;
    }
    if (std::exchange(failing_, false))
        for (auto& [other, one] : members_)
            one.status->setError({});
    return true;
}

/// Where the picture has just ended, the sound is about to.
bool ParticipantRecorder::needsSegment(Track track, const Member& member, const Item& item) const {
    if (!current_ || !current_->has(track, item.media)) return true;
    if (leader() != track || member.segment != current_) return false;
    const bool mayEnd = member.kind == MediaKind::audio && current_->hasPicture();
    return cutIsDue(mayEnd ? item.order - idleAfter : item.order);
}

/// A picture goes on with a keyframe, sound from where the segment begins.
bool ParticipantRecorder::mayMove(const Member& member, const Item& item) const {
    if (!current_ || member.segment == current_ || !item.frame.keyframe) return false;
    return member.kind == MediaKind::video || !member.segment || item.when >= current_->base();
}

bool ParticipantRecorder::cutIsDue(Clock::time_point at) const {
    if (!current_) return false;
    if (settings_.segment.count() > 0 && at - current_->base() >= settings_.segment) return true;
    return std::any_of(members_.begin(), members_.end(),
                       [](const auto& entry) { return entry.second.isMisplaced; });
}

bool ParticipantRecorder::isIdle(const Member& member) const {
    return interleaver_.now() - member.newest > idleAfter;
}

/// Whose keyframes segments begin with: the first picture that comes, else the first sound.
std::optional<ParticipantRecorder::Track> ParticipantRecorder::leader() const {
    for (const MediaKind kind : {MediaKind::video, MediaKind::audio})
        for (const auto& [track, member] : members_)
            if (member.kind == kind && member.segment && !member.left && !isIdle(member)) return track;
    return std::nullopt;
}

/// With all tracks, as their next frames need it; pictures first, as players expect.
std::vector<Segment::Entry> ParticipantRecorder::entriesWith(Track first, const Item& item) const {
    std::vector<Segment::Entry> entries;
    for (const auto& [track, member] : members_) {
        if (track == first)
            entries.push_back({track, item.media});
        else if (interleaver_.has(track))
            entries.push_back({track, interleaver_.first(track).media});
        else if (member.format && !member.left)
            entries.push_back({track, member.media});
    }
    std::stable_partition(entries.begin(), entries.end(),
                          [](const Segment::Entry& entry) { return entry.media.video; });
    return entries;
}

bool ParticipantRecorder::beginSegment(Track first, const Item& item) {
    const auto former = current_;
    if (!makeSegment(entriesWith(first, item), item.order)) return false;
    if (!former) return true;
    former->cutAt(item.order);
    // Who has paused would keep the former one open.
    for (auto& [track, member] : members_)
        if (track != first && member.segment == former && isIdle(member) && !interleaver_.has(track))
            leaveSegment(member);
    return true;
}

bool ParticipantRecorder::makeSegment(const std::vector<Segment::Entry>& entries, Clock::time_point base) {
    try {
        current_ = std::make_shared<Segment>(names_, folder_.pathsFor(base), entries, base);
    } catch (const std::runtime_error& error) {
        fail(error.what());
        return false;
    }
    log::info("recording started subscriber={} call={} participant={} file={}", names_.subscription,
              names_.call, names_.participant, current_->path().string());
    return true;
}

void ParticipantRecorder::moveTo(Member& member, std::shared_ptr<Segment> segment) {
    segment->enter();
    leaveSegment(member);
    member.segment = std::move(segment);
    member.status->setTarget(member.segment->path().string());
}

void ParticipantRecorder::leaveSegment(Member& member) {
    const auto segment = std::exchange(member.segment, nullptr);
    if (segment && segment->leave()) finish(*segment);
}

void ParticipantRecorder::finish(Segment& segment) {
    if (&segment == current_.get()) current_.reset();
    if (!segment.finish()) {
        fail(segment.error());
        return;
    }
    log::info("recording finished subscriber={} call={} participant={} file={} frames={} seconds={:.1f}",
              names_.subscription, names_.call, names_.participant, segment.path().string(), segment.frames(),
              segment.seconds());
}

/// What is held is lost: after an error a keyframe is needed.
void ParticipantRecorder::fail(const std::string& error) {
    for (auto& [track, member] : members_) {
        if (member.segment && member.segment->leave()) member.segment->finish();
        member.segment.reset();
        member.status->setTarget({});
        member.status->setError(error);
    }
    current_.reset();
    while (interleaver_.next(true)) {
    }
    waitsSince_.reset();
    retry_.failed(Clock::now());
    failing_ = true;
    ++failures_;
    log::warn("recording failed subscriber={} call={} participant={} error=\"{}\"", names_.subscription,
              names_.call, names_.participant, error);
}

} // namespace spillway::relay
