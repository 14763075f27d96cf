// An offer of our own, to receive one video and one audio, and the answer to it: for servers that want to be
// offered (WHEP). Pure code, any thread.
#pragma once

#include "relay/sdp/remote_description.h"
#include "relay/sdp/render.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

/// The lines that we could receive on: mid `0` is video with these codecs, best first, `1` is Opus.
std::vector<MediaLine> receivingOffer(const std::vector<config::Codec>& videoCodecs);

/// The offer, for webrtcbin and the server alike; `candidates` (`candidate:…`) may be empty.
std::string offerText(const std::vector<MediaLine>& ours, const Transport& transport,
                      const std::vector<std::string>& candidates);

/// The answer, read: our lines, carried as far as the server sends on them, with what it chose. An error when
/// it is no answer to `ours` or sends nothing.
std::variant<RemoteDescription, Error> readAnswer(const std::vector<MediaLine>& ours, std::string_view answer,
                                                  const std::vector<config::Codec>& videoCodecs);

/// The answer as webrtcbin is to see it.
std::string answerFromServer(const RemoteDescription& theirs);

} // namespace spillway::relay::sdp
