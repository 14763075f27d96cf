#include "relay/outputs/record/participant/participant_file.h"

#include "relay/base/random.h"
#include "relay/gst/buffer_map.h"

#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace spillway::relay {

namespace {

using ebml::Writer;
using std::chrono::milliseconds;

// RFC 9559 section 5 and RFC 8794 section 11.
namespace id {
constexpr ebml::Id ebml = 0x1A45DFA3, docType = 0x4282, docTypeVersion = 0x4287, docTypeReadVersion = 0x4285;
constexpr ebml::Id segment = 0x18538067, seekHead = 0x114D9B74, seek = 0x4DBB, seekId = 0x53AB,
                   seekPosition = 0x53AC;
constexpr ebml::Id info = 0x1549A966, timestampScale = 0x2AD7B1, duration = 0x4489, dateUtc = 0x4461,
                   muxingApp = 0x4D80, writingApp = 0x5741;
constexpr ebml::Id tracks = 0x1654AE6B, trackEntry = 0xAE, trackNumber = 0xD7, trackUid = 0x73C5,
                   trackType = 0x83, flagLacing = 0x9C, trackName = 0x536E, language = 0x22B59C,
                   codecId = 0x86, codecPrivate = 0x63A2, codecDelay = 0x56AA, seekPreRoll = 0x56BB;
constexpr ebml::Id video = 0xE0, pixelWidth = 0xB0, pixelHeight = 0xBA;
constexpr ebml::Id audio = 0xE1, samplingFrequency = 0xB5, channels = 0x9F;
constexpr ebml::Id cluster = 0x1F43B675, timestamp = 0xE7, simpleBlock = 0xA3;
constexpr ebml::Id cues = 0x1C53BB6B, cuePoint = 0xBB, cueTime = 0xB3, cueTrackPositions = 0xB7,
                   cueTrack = 0xF7, cueClusterPosition = 0xF1;
} // namespace id

/// What players can seek to, and what a crash leaves, are whole clusters.
constexpr milliseconds longestCluster{5000};
/// A block's time is 16 bits, with a sign, from its cluster's.
constexpr milliseconds furthestBlock{30'000};
constexpr milliseconds firstCueDistance{1000};
constexpr std::size_t mostCues = 4096;
/// SeekHead of three entries: 5 + 3 * 21 bytes, and a Void.
constexpr std::size_t seekHeadBytes = 80;
constexpr std::size_t durationBytes = 11;
constexpr double opusRate = 48000;
/// RFC 7845 section 4.6.
constexpr std::uint64_t opusPreRoll = 80'000'000;
constexpr std::chrono::seconds from1970To2001{978'307'200};

void addTrack(Writer& writer, std::size_t number, const MediaTrack& track) {
    writer.number(id::trackNumber, number);
    writer.number(id::trackUid, randomNumber<std::uint32_t>() | 1U);
    writer.number(id::trackType, track.video ? 1 : 2);
    writer.number(id::flagLacing, 0);
    writer.text(id::trackName, track.name);
    writer.text(id::language, "und");
    writer.text(id::codecId, track.codec);
    if (!track.setup.empty()) writer.binary(id::codecPrivate, track.setup);
    if (track.video) {
        writer.master(id::video, [&](Writer& video) {
            video.number(id::pixelWidth, std::max(1U, track.width));
            video.number(id::pixelHeight, std::max(1U, track.height));
        });
        return;
    }
    writer.number(id::codecDelay, static_cast<std::uint64_t>(track.delay.count()));
    writer.number(id::seekPreRoll, opusPreRoll);
    writer.master(id::audio, [&](Writer& audio) {
        audio.real(id::samplingFrequency, opusRate);
        audio.number(id::channels, track.channels);
    });
}

std::vector<std::uint8_t> blockHead(std::size_t track, std::int16_t time, bool keyframe, std::size_t bytes) {
    constexpr std::size_t inBlock = 4; // track, time and flags
    auto whole = ebml::patchedSize(bytes + inBlock);
    whole.insert(whole.begin(), static_cast<std::uint8_t>(id::simpleBlock));
    whole.push_back(static_cast<std::uint8_t>(0x80 | (track + 1)));
    whole.push_back(static_cast<std::uint8_t>(static_cast<std::uint16_t>(time) >> 8U));
    whole.push_back(static_cast<std::uint8_t>(time));
    whole.push_back(keyframe ? 0x80 : 0);
    return whole;
}

std::vector<std::uint8_t> idBytes(ebml::Id element) {
    return {static_cast<std::uint8_t>(element >> 24U), static_cast<std::uint8_t>(element >> 16U),
            static_cast<std::uint8_t>(element >> 8U), static_cast<std::uint8_t>(element)};
}

} // namespace

ParticipantFile::ParticipantFile(const RecordingFile::PathOf& pathOf, const std::vector<MediaTrack>& tracks,
                                 std::chrono::system_clock::time_point start)
    : file_(pathOf)
    , cueDistance_(firstCueDistance) {
    for (const MediaTrack& track : tracks)
        delays_.push_back(std::chrono::round<Time>(track.delay));
    const auto video =
        std::find_if(tracks.begin(), tracks.end(), [](const MediaTrack& track) { return track.video; });
    if (video != tracks.end()) indexed_ = static_cast<std::size_t>(video - tracks.begin());
    writeHead(tracks, start);
}

void ParticipantFile::writeHead(const std::vector<MediaTrack>& tracks,
                                std::chrono::system_clock::time_point start) {
    Writer head;
    head.master(id::ebml, [](Writer& ebml) {
        ebml.text(id::docType, "matroska");
        ebml.number(id::docTypeVersion, 4);
        ebml.number(id::docTypeReadVersion, 2);
    });
    head.unknownSize(id::segment);
    dataAt_ = head.size();
    head.reserve(seekHeadBytes);
    infoAt_ = head.size();
    Writer info;
    info.reserve(durationBytes);
    info.number(id::timestampScale, 1'000'000);
    const auto since2001 = start.time_since_epoch() - from1970To2001;
    info.date(id::dateUtc, std::chrono::duration_cast<std::chrono::nanoseconds>(since2001).count());
    info.text(id::muxingApp, "spillway");
    info.text(id::writingApp, "spillway");
    head.binary(id::info, info.bytes());
    durationAt_ = head.size() - info.size();
    tracksAt_ = head.size();
    head.master(id::tracks, [&](Writer& all) {
        for (std::size_t i = 0; i < tracks.size(); ++i)
            all.master(id::trackEntry, [&](Writer& entry) { addTrack(entry, i + 1, tracks[i]); });
    });
    if (!put(head.bytes(), 0)) throw std::runtime_error(error());
}

bool ParticipantFile::put(const std::vector<std::uint8_t>& bytes, std::uint64_t offset) {
    // The kernel only reads.
    return file_.write({{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}}, offset);
}

bool ParticipantFile::isCue(std::size_t track, Time time, bool keyframe) const {
    return keyframe && track == indexed_ && (cues_.empty() || time >= cues_.back().time + cueDistance_);
}

/// Each cue begins a cluster, so that its position says all.
bool ParticipantFile::continuesCluster(Time time, bool cue) const {
    if (!cluster_ || cue) return false;
    const Time step = time - cluster_->time;
    return step < longestCluster && step > -furthestBlock;
}

bool ParticipantFile::beginCluster(Time time) {
    if (!endCluster()) return false;
    Writer head;
    head.unknownSize(id::cluster);
    head.number(id::timestamp, static_cast<std::uint64_t>(time.count()));
    cluster_ = Cluster{file_.end(), time};
    return put(head.bytes(), file_.end());
}

bool ParticipantFile::endCluster() {
    if (!cluster_) return true;
    constexpr std::uint64_t idBytes = 4, sizeBytes = 8;
    const std::uint64_t sizeAt = cluster_->at + idBytes;
    cluster_.reset();
    return put(ebml::patchedSize(file_.end() - sizeAt - sizeBytes), sizeAt);
}

void ParticipantFile::addCue(std::size_t track, Time time) {
    cues_.push_back({time, track, cluster_->at - dataAt_});
    if (cues_.size() < mostCues) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < cues_.size(); i += 2)
        cues_[kept++] = cues_[i];
    cues_.resize(kept);
    cueDistance_ *= 2;
}

bool ParticipantFile::write(std::size_t track, Time time, bool keyframe, GstBuffer* frame) {
    if (!file_.isStillThere()) return file_.fail("the file was removed");
    time += delays_[track];
    const bool cue = isCue(track, time, keyframe);
    if (!continuesCluster(time, cue) && !beginCluster(time)) return false;
    if (cue) addCue(track, time);
    const gst::BufferMap map(frame);
    const auto inCluster = static_cast<std::int16_t>((time - cluster_->time).count());
    auto head = blockHead(track, inCluster, keyframe, map.bytes().size());
    std::vector<iovec> parts{{head.data(), head.size()}};
    // The kernel only reads.
    parts.push_back({const_cast<std::uint8_t*>(map.bytes().data()), map.bytes().size()});
    if (!file_.write(std::move(parts), file_.end())) return false;
    file_.keep();
    ++frames_;
    return true;
}

bool ParticipantFile::writeCues() {
    Writer index;
    index.master(id::cues, [&](Writer& all) {
        for (const Cue& cue : cues_)
            all.master(id::cuePoint, [&](Writer& point) {
                point.number(id::cueTime, static_cast<std::uint64_t>(cue.time.count()));
                point.master(id::cueTrackPositions, [&](Writer& position) {
                    position.number(id::cueTrack, cue.track + 1);
                    position.number(id::cueClusterPosition, cue.cluster);
                });
            });
    });
    return put(index.bytes(), file_.end());
}

/// Positions in 8 bytes, so that it is as long as what was reserved.
bool ParticipantFile::writeSeekHead(std::uint64_t cuesAt) {
    const std::array entries{std::pair{id::info, infoAt_}, std::pair{id::tracks, tracksAt_},
                             std::pair{id::cues, cuesAt}};
    Writer writer;
    writer.master(id::seekHead, [&](Writer& head) {
        for (const auto& [element, at] : entries)
            head.master(id::seek, [&, wanted = element, position = at - dataAt_](Writer& seek) {
                seek.binary(id::seekId, idBytes(wanted));
                seek.date(id::seekPosition, static_cast<std::int64_t>(position));
            });
    });
    writer.reserve(seekHeadBytes - writer.size());
    return put(writer.bytes(), dataAt_);
}

bool ParticipantFile::finish(Time duration) {
    if (!endCluster()) return false;
    const std::uint64_t cuesAt = file_.end();
    Writer length;
    length.real(id::duration, static_cast<double>(duration.count()));
    constexpr std::uint64_t sizeBytes = 8;
    if (!cues_.empty() && !(writeCues() && writeSeekHead(cuesAt))) return false;
    if (!put(length.bytes(), durationAt_)) return false;
    if (!put(ebml::patchedSize(file_.end() - dataAt_), dataAt_ - sizeBytes)) return false;
    file_.keep();
    return file_.close();
}

} // namespace spillway::relay
