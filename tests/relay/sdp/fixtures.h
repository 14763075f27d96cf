// Offers as publishers write them: Chromium's and aiortc's are recorded, the others follow what OBS
// (libdatachannel) and Pion write.
#pragma once

#include "relay/sdp/remote_description.h"
#include "support/catch.h"

#include <fstream>
#include <iterator>
#include <string>

namespace spillway::test {

inline const std::vector<config::Codec> allCodecs{config::Codec::vp8, config::Codec::vp9, config::Codec::h264,
                                                  config::Codec::h265};

inline std::string fixture(const std::string& name) {
    std::ifstream file(std::string(SPILLWAY_SOURCE_DIR) + "/tests/relay/sdp/fixtures/" + name,
                       std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline relay::sdp::RemoteDescription readGood(const std::string& text,
                                              const std::vector<config::Codec>& codecs = allCodecs) {
    auto read = relay::sdp::readRemoteDescription(text, codecs, relay::sdp::Author::publisher);
    if (const auto* error = std::get_if<relay::sdp::Error>(&read)) FAIL(error->detail);
    return std::get<relay::sdp::RemoteDescription>(std::move(read));
}

inline relay::sdp::Error readBad(const std::string& text,
                                 const std::vector<config::Codec>& codecs = allCodecs) {
    auto read = relay::sdp::readRemoteDescription(text, codecs, relay::sdp::Author::publisher);
    REQUIRE(std::holds_alternative<relay::sdp::Error>(read));
    REQUIRE_FALSE(std::get<relay::sdp::Error>(read).detail.empty());
    return std::get<relay::sdp::Error>(read);
}

/// The text with every `from` replaced.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The text with one to six changes; `random(n)` is below n.
template <class Random>
std::string mutated(std::string text, const Random& random) {
    for (std::size_t changes = 1 + random(6); changes > 0; --changes) {
        const std::size_t at = random(text.size());
        switch (random(4)) {
        case 0:
            text[at] = static_cast<char>(random(256));
            break;
        case 1:
            text.erase(at, 1 + random(60));
            break;
        case 2:
            text.insert(at, text.substr(random(text.size()), random(80)));
            break;
        default:
            text.insert(at, std::string(1 + random(3), "\r\n: =0"[random(6)]));
            break;
        }
    }
    return text;
}

} // namespace spillway::test
