// A YAML text as a tree of plain values, each with its place. Takes the place of YAML::Node, because hostile
// text must hit its limits while it is parsed, and because duplicate keys must be seen.
//
// Comes in: any text. Goes out: a tree within the limits, or one SyntaxError. Takes no more memory than the
// limits allow, and recurses no deeper than `maxDepth`. Any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace spillway::config {

/// The largest text that is parsed; two thousand subscriptions fit. While a bracket is open yaml-cpp reads
/// ahead and takes up to 280 bytes for each byte of text: this limit keeps that below 150 MiB.
inline constexpr std::size_t maxDocumentBytes = 512UL * 1024;
/// Levels of lists and mappings; our deepest key is on the seventh.
inline constexpr int maxDepth = 32;
/// Memory of a tree with aliases expanded.
inline constexpr std::size_t maxTreeBytes = 8UL * 1024 * 1024;

struct Place {
    std::size_t source = 0; ///< index into Problems' sources
    int line = 0;           ///< from 1; 0 when there is none
    int column = 0;         ///< from 1, in bytes
};

struct Entry;

struct TreeNode {
    enum class Kind { null, scalar, sequence, mapping };

    Kind kind = Kind::null;
    bool quoted = false; ///< a scalar in quotes is text, whatever it looks like
    Place place;
    std::string text;           ///< of a scalar
    std::vector<Entry> entries; ///< of a mapping, or, without keys, of a sequence
};

struct Entry {
    std::string key;
    Place keyPlace;
    TreeNode value;
};

/// The text is not a YAML document, or not one that is accepted here. what() contains no part of the text.
class SyntaxError : public std::runtime_error {
  public:
    SyntaxError(Place place, const std::string& message)
        : std::runtime_error(message)
        , place_(place) {}

    const Place& place() const { return place_; }

  private:
    Place place_;
};

/// Reads the only document of the text; an empty one is null. Throws SyntaxError.
TreeNode parseDocument(std::string_view text, std::size_t source);

} // namespace spillway::config
