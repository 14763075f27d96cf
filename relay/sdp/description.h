// A session description as lines (RFC 8866): a session part and m-sections. Knows syntax and limits, no
// meaning. Comes in: bytes from anybody. Goes out: lines without line ends, never with NUL, never not UTF-8.
// Pure code, any thread.
#pragma once

#include "relay/sdp/error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace spillway::relay::sdp {

struct DescriptionLimits {
    std::size_t bytes;
    std::size_t sections;
};
/// A WHIP offer has two or three m-lines.
inline constexpr DescriptionLimits publisherLimits{std::size_t{64} * 1024, 16};
/// An SFU has one for each track that there ever was at a time, of about 1.5 KiB.
inline constexpr DescriptionLimits sfuLimits{std::size_t{2} * 1024 * 1024, 1024};
inline constexpr std::size_t maxLineBytes = 4096;

/// `a=key:value` and `a=key` of one part of a description, in order.
struct Attribute {
    std::string key;
    std::string value; ///< empty for a flag
};

/// What stands between one `m=` and the next, or before the first.
class Part {
  public:
    /// The value of the first `a=key:…`; empty text for a flag, nothing when there is none.
    std::optional<std::string> attribute(std::string_view key) const;
    std::vector<std::string> attributes(std::string_view key) const;
    bool has(std::string_view key) const { return attribute(key).has_value(); }

    void add(std::string key, std::string value = {}) {
        attributes_.push_back({std::move(key), std::move(value)});
    }
    const std::vector<Attribute>& all() const { return attributes_; }

  private:
    std::vector<Attribute> attributes_;
};

/// `m=<kind> <port> <protocol> <formats>…` and its attributes.
struct Section : Part {
    std::string kind;
    unsigned port = 9;
    std::string protocol;
    std::vector<std::string> formats;
};

struct Description : Part {
    std::string origin; ///< value of `o=`
    std::vector<Section> sections;

    /// With CRLF; `s=-`, `t=0 0` and `c=IN IP4 0.0.0.0` where the grammar wants them.
    std::string text() const;
};

std::variant<Description, Error> parseDescription(std::string_view text, const DescriptionLimits& limits);

} // namespace spillway::relay::sdp
