// Frames of several tracks in the order in which they are decoded.
//
// Comes in: frames, of each track in order. Goes out: the frames of all. A track that is behind the others is
// waited for, as long as a frame is not older than `hold`, nor the track's share full: then frames go out as
// they are, and those of the track that was behind come after them. Pure code; output loop thread.
#pragma once

#include "relay/base/clock.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace spillway::relay {

/// `Item` has `order`, when it is decoded; `arrived`; and `bytes`.
template <class Item>
class Interleaver {
  public:
    using Track = std::uint64_t;

    explicit Interleaver(Clock::duration hold)
        : hold_(hold) {}

    /// A track that holds `most` bytes at most.
    void join(Track track, std::size_t most) { lines_[track].most = most; }
    /// What it has still goes out; it is waited for no more.
    void leave(Track track) {
        const auto line = lines_.find(track);
        if (line == lines_.end()) return;
        line->second.left = true;
        if (line->second.items.empty()) lines_.erase(line);
    }

    void add(Track track, Item item) {
        Line& line = lines_.at(track);
        line.bytes += item.bytes;
        now_ = std::max(now_, item.arrived);
        line.items.push_back(std::move(item));
    }

    /// The next, with its track; nothing while one is waited for. With `drain` nobody is.
    std::optional<std::pair<Track, Item>> next(bool drain = false) {
        const auto first = earliest();
        if (first == lines_.end()) return std::nullopt;
        Line& line = first->second;
        if (!drain && !isDue(line) && isAnybodyBehind()) return std::nullopt;
        std::pair<Track, Item> out(first->first, std::move(line.items.front()));
        line.items.pop_front();
        line.bytes -= out.second.bytes;
        if (line.left && line.items.empty()) lines_.erase(first);
        return out;
    }

    /// `visit` may change when they are decoded, not their order within the track.
    template <class Visit>
    void forEach(Track track, Visit visit) {
        if (const auto line = lines_.find(track); line != lines_.end())
            for (Item& item : line->second.items)
                visit(item);
    }

    /// Whether a track holds as much as it may.
    bool isFull() const {
        for (const auto& [track, line] : lines_)
            if (line.bytes > line.most) return true;
        return false;
    }
    bool isEmpty() const {
        return std::all_of(lines_.begin(), lines_.end(),
                           [](const auto& line) { return line.second.items.empty(); });
    }
    bool has(Track track) const {
        const auto line = lines_.find(track);
        return line != lines_.end() && !line->second.items.empty();
    }
    /// Of a track that has some.
    const Item& first(Track track) const { return lines_.at(track).items.front(); }
    const Item& last(Track track) const { return lines_.at(track).items.back(); }
    /// When the newest arrived.
    Clock::time_point now() const { return now_; }

  private:
    struct Line {
        std::deque<Item> items;
        std::size_t bytes = 0;
        std::size_t most = 0;
        bool left = false;
    };
    using Lines = std::map<Track, Line>;

    typename Lines::iterator earliest() {
        auto found = lines_.end();
        for (auto line = lines_.begin(); line != lines_.end(); ++line)
            if (!line->second.items.empty() &&
                (found == lines_.end() ||
                 line->second.items.front().order < found->second.items.front().order))
                found = line;
        return found;
    }
    bool isDue(const Line& line) const { return line.items.front().arrived + hold_ <= now_ || isFull(); }
    bool isAnybodyBehind() const {
        for (const auto& [track, line] : lines_)
            if (line.items.empty() && !line.left) return true;
        return false;
    }

    const Clock::duration hold_;
    Clock::time_point now_{};
    Lines lines_;
};

} // namespace spillway::relay
