#include "relay/sdp/viewer_offer.h"

#include "relay/sdp/attributes.h"
#include "relay/sdp/line_reader.h"

#include <optional>
#include <string>

namespace spillway::relay::sdp {

namespace {

bool maySend(const Extension& extension) {
    return extension.direction != "sendonly" && extension.direction != "inactive";
}

/// Any payload: which one a stream fits is the choice of payloadFor().
std::string chooseAll(const Section&, std::vector<Payload>&) {
    return "has no payload type with a=rtpmap";
}

/// Reads one offer; each step returns an error or nothing.
class ViewerOfferReader {
  public:
    explicit ViewerOfferReader(const Description& description)
        : description_(description) {}

    std::variant<ViewerOffer, Error> read() {
        for (const auto& step : {&ViewerOfferReader::takeLines, &ViewerOfferReader::takeBundle,
                                 &ViewerOfferReader::takeTransport})
            if (auto error = (this->*step)()) return *error;
        offer_.trickle = offersTrickle(description_, transport_);
        return std::move(offer_);
    }

  private:
    std::optional<Error> takeLines() {
        auto read = readLines(description_, {"recvonly", "does not receive", maySend, chooseAll});
        if (auto* error = std::get_if<Error>(&read)) return *error;
        auto& lines = std::get<MediaLines>(read);
        if (lines.carried.empty()) return unsupported(lines.whyNone("nothing can be sent"));
        offer_.lines = std::move(lines.all);
        receiving_ = std::move(lines.carried);
        return std::nullopt;
    }

    std::optional<Error> takeBundle() {
        const auto bundled = readBundle(description_, offer_.lines);
        if (const auto* error = std::get_if<Error>(&bundled)) return *error;
        offer_.bundled = std::get<bool>(bundled);
        transport_ = transportLine(description_, offer_.lines, receiving_.front());
        return std::nullopt;
    }

    std::optional<Error> takeTransport() {
        auto transport = readTransport(description_, transport_, receiving_);
        if (auto* error = std::get_if<Error>(&transport)) return *error;
        auto& theirs = std::get<RemoteTransport>(transport);
        if (theirs.setup == "passive")
            return unsupported("a=setup of " + placeOf(description_, transport_) +
                               " is passive, as ours is: both would wait for the other's DTLS");
        offer_.ice = std::move(theirs.ice);
        offer_.fingerprint = std::move(theirs.fingerprint);
        return std::nullopt;
    }

    const Description& description_;
    ViewerOffer offer_;
    std::vector<std::size_t> receiving_;
    std::size_t transport_ = 0; ///< the line whose ICE and DTLS are the bundle's
};

} // namespace

const MediaLine* ViewerOffer::lineFor(MediaKind kind) const {
    for (const MediaLine& line : lines)
        if (line.carried && line.media == kind) return &line;
    return nullptr;
}

std::variant<ViewerOffer, Error> readViewerOffer(std::string_view text) {
    auto description = parseDescription(text, publisherLimits);
    if (auto* error = std::get_if<Error>(&description)) return *error;
    return ViewerOfferReader(std::get<Description>(description)).read();
}

} // namespace spillway::relay::sdp
