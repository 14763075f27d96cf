// An offer of our own, to receive one video and one audio, and the answer to it: for servers that want to be
// offered (WHEP). Pure code, any thread.
#pragma once

#include "relay/sdp/offer.h"
#include "relay/sdp/render.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// What we could receive: mid `0` is video with these codecs, best first, `1` is Opus.
Offer receivingOffer(const std::vector<config::Codec>& videoCodecs);

/// The offer, for webrtcbin and the server alike; `candidates` (`candidate:…`) may be empty.
std::string offerText(const Offer& ours, const Transport& transport,
                      const std::vector<std::string>& candidates);

/// The answer, read: our lines, carried as far as the server sends on them, with what it chose. An error when
/// it is no answer to `ours` or sends nothing.
std::variant<Offer, Error> readAnswer(const Offer& ours, std::string_view answer,
                                      const std::vector<config::Codec>& videoCodecs);

/// The answer as webrtcbin is to see it.
std::string answerFromServer(const Offer& theirs);

} // namespace spillway::relay::sdp
