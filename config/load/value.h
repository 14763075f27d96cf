// One value of the document together with its dotted path: reads it as what the key wants, or reports why
// not.
//
// Comes in: a node. Goes out: a value of the wanted type and range, or nothing and a problem. Never throws
// for what the user wrote. No message holds more of the text than a short quote, and none at all of a list or
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

class Value {
  public:
    /// Borrows both for as long as it lives.
    Value(const TreeNode& node, std::string path, Problems& problems)
        : node_(&node)
        , path_(std::move(path))
        , problems_(&problems) {}

    const TreeNode& node() const { return *node_; }
    const std::string& path() const { return path_; }
    bool isNull() const { return node_->kind == TreeNode::Kind::null; }

    /// The first entry of this mapping with the key, or null.
    const Entry* find(const std::string& key) const;
    /// The value of a key; when the key is absent a null value without a place.
    Value at(const std::string& key) const;
    /// The value of an entry of this mapping.
    Value of(const Entry& entry) const;
    /// The elements of a list; none when nothing is written here. Anything else is a problem.
    std::vector<Value> items() const;
    /// The same, and a single value stands for a list of one.
    std::vector<Value> oneOrMore() const;
    /// Reports anything but a mapping; nothing written is an empty one.
    bool isMapping(const std::vector<std::string>& allowed) const;

    /// Text that is not empty.
    std::optional<std::string> text() const;
    std::optional<std::uint64_t> number(std::uint64_t least, std::uint64_t most) const;
    std::optional<std::uint64_t> byteSize(std::uint64_t least, std::uint64_t most) const;
    /// `orZero` allows 0 below `least` too.
    std::optional<milliseconds> duration(milliseconds least, milliseconds most, bool orZero) const;
    /// Index into the allowed words.
    std::optional<std::size_t> word(const std::vector<std::string>& allowed) const;
    std::optional<std::string> name() const;
    /// Reads the secret from where the value says.
    std::optional<Secret> secret() const;

    /// Text that `parse` takes; what it throws as std::invalid_argument becomes the problem.
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
    /// Problems are counted only from here on.
    bool isFull() const { return problems_->isFull(); }
    /// About a key that is not there or should not be: at its place, with its own path.
    void problemAt(const Place& place, const std::string& key, std::string message) const;

  private:
    std::vector<Value> elements() const;

    const TreeNode* node_;
    std::string path_;
    Problems* problems_;
};

/// `a[0]`
std::string indexed(const std::string& path, const std::string& index);
/// `a.b`, or the one that is not empty.
std::string below(const std::string& path, const std::string& key);

} // namespace spillway::config
