#include "relay/rtp/parameter_sets.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/nal_units.h"

#include <algorithm>
#include <array>
#include <optional>

namespace spillway::relay::rtp {

namespace {

constexpr std::size_t lengthBytes = 2;

std::optional<NalCodec> codecOf(PayloadFormat format) {
    if (format == PayloadFormat::h264) return NalCodec::h264;
    if (format == PayloadFormat::h265) return NalCodec::h265;
    return std::nullopt;
}

/// The unsigned Exp-Golomb code at a bit (H.264 section 9.1); behind the end there are ones.
unsigned golomb(Bytes bytes, std::size_t bit) {
    const auto next = [&]() -> unsigned {
        const unsigned byte = bit / 8 < bytes.size() ? bytes[bit / 8] : 0xFFU;
        const unsigned value = byte >> (7 - bit % 8) & 1U;
        ++bit;
        return value;
    };
    unsigned zeros = 0;
    while (zeros < 16 && next() == 0)
        ++zeros;
    unsigned value = 1;
    for (unsigned i = 0; i < zeros; ++i)
        value = value << 1U | next();
    return value - 1;
}

/// Sets of one kind and id replace each other. Those of H.265's SPS stand far behind: one is kept.
unsigned idOf(NalCodec codec, unsigned type, Bytes unit) {
    constexpr std::size_t bits = 8;
    constexpr unsigned h264Sps = 7, h265Vps = 32, h265Sps = 33;
    if (codec == NalCodec::h264) return golomb(unit, type == h264Sps ? 4 * bits : bits);
    if (type == h265Sps) return 0;
    if (type == h265Vps) return unit.size() > 2 ? unit[2] >> 4U : 0;
    return golomb(unit, 2 * bits);
}

/// Base64 (RFC 4648 section 4); what comes after anything else is left out.
std::vector<std::uint8_t> decoded(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<std::uint8_t> bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) break;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    }
    return bytes;
}

} // namespace

void ParameterSets::describe(std::string_view sets) {
    while (!sets.empty()) {
        const auto comma = std::min(sets.find(','), sets.size());
        keep(decoded(sets.substr(0, comma)));
        sets.remove_prefix(std::min(comma + 1, sets.size()));
    }
}

bool ParameterSets::areMissing(std::uint32_t timestamp, Bytes payload) {
    const auto codec = codecOf(format_);
    if (!codec) return false;
    if (timestamp != timestamp_) seen_.reset();
    timestamp_ = timestamp;
    bool missing = false;
    forEachNalUnit(*codec, payload, [&](const NalUnit& unit) {
        if (isParameterSet(*codec, unit.type)) {
            seen_.set(unit.type);
            if (unit.whole) keep(unit.bytes);
        } else if (startsDecoding(*codec, unit)) {
            missing = missing || std::any_of(sets_.begin(), sets_.end(),
                                             [&](const Set& set) { return !seen_.test(set.kind); });
        }
    });
    return missing;
}

void ParameterSets::keep(Bytes unit) {
    const auto codec = codecOf(format_);
    if (!codec || unit.size() <= nalHeaderBytes(*codec) || unit.size() > mostBytes / 2) return;
    const unsigned kind = nalType(*codec, unit);
    if (!isParameterSet(*codec, kind)) return;
    const unsigned id = idOf(*codec, kind, unit);
    const auto found = std::find_if(sets_.begin(), sets_.end(),
                                    [&](const Set& set) { return set.kind == kind && set.id == id; });
    if (found != sets_.end())
        found->unit.assign(unit.begin(), unit.end());
    else
        sets_.push_back({kind, id, {unit.begin(), unit.end()}});
    // Whoever makes up ever new ones gets what is oldest forgotten.
    while (bytes() > mostBytes)
        sets_.erase(sets_.begin());
}

std::size_t ParameterSets::bytes() const {
    std::size_t sum = lengthBytes;
    for (const Set& set : sets_)
        sum += lengthBytes + set.unit.size();
    return sum;
}

std::vector<std::uint8_t> ParameterSets::payload() const {
    // NRI 3 and STAP-A; type 48, layer 0, TID 1.
    std::vector<std::uint8_t> aggregated{0x78};
    if (format_ == PayloadFormat::h265) aggregated = {48U << 1U, 1};
    std::vector<const Set*> ordered;
    for (const Set& set : sets_)
        ordered.push_back(&set);
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Set* one, const Set* other) { return one->kind < other->kind; });
    for (const Set* set : ordered) {
        std::array<std::uint8_t, lengthBytes> length{};
        writeU16(length.data(), static_cast<std::uint16_t>(set->unit.size()));
        aggregated.insert(aggregated.end(), length.begin(), length.end());
        aggregated.insert(aggregated.end(), set->unit.begin(), set->unit.end());
    }
    return aggregated;
}

} // namespace spillway::relay::rtp
