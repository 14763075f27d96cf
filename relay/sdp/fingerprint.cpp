#include "relay/sdp/fingerprint.h"

#include "relay/sdp/text.h"

#include <array>

namespace spillway::relay::sdp {

namespace {

struct KnownHash {
    std::string_view name;
    Fingerprint::Hash hash;
    std::size_t bytes;
};

constexpr std::array<KnownHash, 3> knownHashes{{
    {"sha-256", Fingerprint::Hash::sha256, 32},
    {"sha-384", Fingerprint::Hash::sha384, 48},
    {"sha-512", Fingerprint::Hash::sha512, 64},
}};

/// `AB:CD:…`, two digits each.
std::optional<std::vector<std::uint8_t>> parseDigest(std::string_view text) {
    std::vector<std::uint8_t> digest;
    while (!text.empty()) {
        const auto [digits, rest] = splitAt(text, ':');
        const auto byte = hexByte(digits);
        if (!byte) return std::nullopt;
        digest.push_back(*byte);
        text = rest;
    }
    return digest;
}

} // namespace

std::string Fingerprint::text() const {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result(knownHashes.at(static_cast<std::size_t>(hash)).name);
    char separator = ' ';
    for (const std::uint8_t byte : digest) {
        result += separator;
        result += digits[byte >> 4U];
        result += digits[byte & 0xFU];
        separator = ':';
    }
    return result;
}

std::optional<Fingerprint> parseFingerprint(std::string_view value) {
    const auto fields = words(value);
    if (fields.size() != 2) return std::nullopt;
    const std::string name = lowered(fields[0]);
    for (const auto& known : knownHashes) {
        if (known.name != name) continue;
        auto digest = parseDigest(fields[1]);
        if (!digest || digest->size() != known.bytes) return std::nullopt;
        return Fingerprint{known.hash, std::move(*digest)};
    }
    return std::nullopt;
}

std::optional<Fingerprint> strongest(const std::vector<std::string>& values) {
    std::optional<Fingerprint> best;
    for (const std::string& value : values) {
        auto fingerprint = parseFingerprint(value);
        if (fingerprint && (!best || best->hash < fingerprint->hash)) best = std::move(fingerprint);
    }
    return best;
}

} // namespace spillway::relay::sdp
