// The parameter sets of an H.264 or H.265 stream, for whoever did not see them: a publisher may send them
// once, or in its description alone (RFC 6184 section 8.2.2, RFC 7798 section 7.1).
//
// Comes in: what the description says, and the payloads of one stream in order. Goes out: whether a payload
// starts a picture that decoding may begin with, without its sets before it, and a payload that holds them.
// Keeps what fits into one packet. Pure; one thread at a time.
#pragma once

#include "relay/base/bytes.h"
#include "relay/rtp/keyframe.h"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spillway::relay::rtp {

class ParameterSets {
  public:
    /// Of payload() at most.
    static constexpr std::size_t mostBytes = 1100;

    explicit ParameterSets(PayloadFormat format = PayloadFormat::other)
        : format_(format) {}

    /// Whether a stream of this format has any.
    bool apply() const { return format_ == PayloadFormat::h264 || format_ == PayloadFormat::h265; }
    /// Sets of the description, in base64 with commas between them. What is none is ignored.
    void describe(std::string_view sets);
    /// The next packet: whether payload() is to come before it.
    bool areMissing(std::uint32_t timestamp, Bytes payload);
    /// An aggregation packet (RFC 6184 section 5.7.1, RFC 7798 section 4.4.2) of all that are known.
    std::vector<std::uint8_t> payload() const;

  private:
    struct Set {
        unsigned kind; ///< the NAL unit's type
        unsigned id;
        std::vector<std::uint8_t> unit;
    };

    /// A whole unit, if it is a set.
    void keep(Bytes unit);
    std::size_t bytes() const;

    PayloadFormat format_;
    std::vector<Set> sets_;
    std::uint32_t timestamp_ = 0;
    std::bitset<64> seen_; ///< kinds that came with this timestamp; H.265's types have six bits
};

} // namespace spillway::relay::rtp
