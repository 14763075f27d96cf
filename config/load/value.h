// One value of the document with its dotted path: reads it as the type the key needs, or reports why it
// cannot.
//
// Comes in: a node. Goes out: a value of the right type and range, or nothing and a problem. Never throws
// because of what the user wrote. Messages quote a little of a single value, and nothing of a list or
// mapping.
#pragma once

#include "config/load/document.h"
#include "config/load/problems.h"
#include "config/secret.h"
#include "config/words.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace spillway::config {

using std::chrono::milliseconds;

struct ApiSettings;

class Value {
  public:
    /// Borrows them. `api` is for what others post: it and what is below may reach no more than that; null
    /// for the configuration itself.
    Value(const TreeNode& node, std::string path, Problems& problems, const ApiSettings* api = nullptr)
        : node_(&node)
        , path_(std::move(path))
        , problems_(&problems)
        , api_(api) {}

    const TreeNode& node() const { return *node_; }
    const std::string& path() const { return path_; }
    bool isNull() const { return node_->kind == TreeNode::Kind::null; }

    /// This mapping's first entry with the key, or null.
    const Entry* find(const std::string& key) const;
    /// The value of a key; if the key is absent, a null value without a place.
    Value at(const std::string& key) const;
    /// The value of an entry of this mapping.
    Value of(const Entry& entry) const;
    /// The elements of a list; none if nothing is written here. Reports anything else.
    std::vector<Value> items() const;
    /// The same, but takes a single value as a list of one.
    std::vector<Value> oneOrMore() const;
    /// Reports anything but a mapping; nothing written counts as an empty one.
    bool isMapping(const std::vector<std::string>& allowed) const;

    /// Text, not empty.
    std::optional<std::string> text() const;
    /// Text that names a file as it is, without what only a shell replaces, and where it may be reached.
    std::optional<std::string> filePath() const;
    std::optional<std::uint64_t> number(std::uint64_t least, std::uint64_t most) const;
    std::optional<std::uint64_t> byteSize(std::uint64_t least, std::uint64_t most) const;
    std::optional<std::uint64_t> bitRate(std::uint64_t least, std::uint64_t most) const;
    /// `orZero` allows 0 below `least` too.
    std::optional<milliseconds> duration(milliseconds least, milliseconds most, bool orZero) const;
    /// The index into the allowed words.
    std::optional<std::size_t> word(const std::vector<std::string>& allowed) const;
    std::optional<std::string> name() const;
    /// Reads the secret from the source that the value names.
    std::optional<Secret> secret() const;
    /// The same for what is sent as a Bearer token.
    std::optional<Secret> token() const;

    /// Text that `parse` accepts. If it throws std::invalid_argument, that is the problem.
    template <class Parse>
    auto parsed(Parse parse) const -> std::optional<decltype(parse(std::string()))> {
        const auto written = text();
        if (!written) return std::nullopt;
        try {
            return parse(*written);
        } catch (const std::invalid_argument& error) {
            problem(error.what());
            return std::nullopt;
        }
    }

    template <class E, std::size_t N>
    std::optional<E> oneOf(const std::array<Word<E>, N>& words) const {
        const auto index = word(wordsOf(words));
        if (!index) return std::nullopt;
        return words[*index].value;
    }

    void problem(std::string message) const { problems_->add(node_->place, path_, std::move(message)); }
    /// From now on problems are only counted.
    bool isFull() const { return problems_->isFull(); }
    /// About a key that is missing or should not be there: at its place, with its own path.
    void problemAt(const Place& place, const std::string& key, std::string message) const;

  private:
    std::vector<Value> elements() const;
    std::optional<Secret> exportedSecret() const;

    const TreeNode* node_;
    std::string path_;
    Problems* problems_;
    const ApiSettings* api_;
};

/// `a[0]`
std::string indexed(const std::string& path, const std::string& index);
/// `a.b`, or the one that is not empty.
std::string below(const std::string& path, const std::string& key);

} // namespace spillway::config
