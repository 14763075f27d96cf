#include "relay/sdp/line_lens.h"

#include <algorithm>

namespace spillway::relay::sdp {

namespace {

/// Of one transport, over all its offers: each costs webrtcbin a transceiver for good.
constexpr std::size_t mostLines = 512;

/// The line as webrtcbin last saw it, for one that does not send now.
MediaLine resting(MediaLine known) {
    known.carried = false;
    known.shown = true;
    return known;
}

/// A line that the SFU does not name any more, because another took its place (RFC 9429 section 5.2.2).
MediaLine absent(MediaLine known) {
    known = resting(std::move(known));
    known.named = false;
    known.bundled = false;
    known.tagged = false;
    return known;
}

} // namespace

bool LineLens::sameTransport(const RemoteDescription& offer) const {
    return order_.empty() || (offer.ice == ice_ && offer.fingerprint == fingerprint_ && hasRoomFor(offer));
}

bool LineLens::hasRoomFor(const RemoteDescription& offer) const {
    const auto isNew = [this](const MediaLine& line) { return line.carried && !known_.contains(line.mid); };
    const auto more = std::count_if(offer.lines.begin(), offer.lines.end(), isNew);
    return more == 0 || known_.size() + static_cast<std::size_t>(more) <= mostLines;
}

std::optional<Error> LineLens::note(Lines& known, std::vector<std::string>& order, MediaLine& line) {
    if (line.mid.empty()) return std::nullopt;
    const auto before = known.find(line.mid);
    if (!line.carried) {
        const MediaLine now = line;
        if (before != known.end()) line = resting(before->second);
        line.bundled = now.bundled;
        line.tagged = now.tagged;
        return std::nullopt;
    }
    if (before == known.end())
        order.push_back(line.mid);
    else if (before->second.media != line.media)
        return malformed("a=mid:" + line.mid + " was " + before->second.kind + " and is now " + line.kind);
    known[line.mid] = line;
    return std::nullopt;
}

std::variant<RemoteDescription, Error> LineLens::look(RemoteDescription offer) {
    auto order = order_;
    auto known = known_;
    for (MediaLine& line : offer.lines)
        if (auto error = note(known, order, line)) return *error;
    if (order.empty()) return unsupported("no m-line sends anything that can be carried");
    offer.order.clear();
    for (const std::string& mid : order) {
        const auto named = std::find_if(offer.lines.begin(), offer.lines.end(),
                                        [&](const MediaLine& line) { return line.mid == mid; });
        offer.order.push_back(static_cast<std::size_t>(named - offer.lines.begin()));
        if (named == offer.lines.end()) offer.lines.push_back(absent(known.at(mid)));
    }
    order_ = std::move(order);
    known_ = std::move(known);
    ice_ = offer.ice;
    fingerprint_ = offer.fingerprint;
    return offer;
}

} // namespace spillway::relay::sdp
