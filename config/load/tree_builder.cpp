#include "config/load/tree_builder.h"

#include <algorithm>

#include <yaml-cpp/mark.h>

namespace spillway::config {

namespace {

struct Extent {
    std::size_t bytes = 0;
    int depth = 0;
};

/// Recurses as deep as the tree, whose depth the builder bounds.
Extent extentOf(const TreeNode& node) {
    Extent extent{sizeof(Entry) + node.text.size(), 0};
    for (const Entry& entry : node.entries) {
        const Extent below = extentOf(entry.value);
        extent.bytes += below.bytes + entry.key.size();
        extent.depth = std::max(extent.depth, below.depth);
    }
    if (node.kind == TreeNode::Kind::sequence || node.kind == TreeNode::Kind::mapping) ++extent.depth;
    return extent;
}

/// yaml-cpp tags a plain value `?`, and one in quotes `!`.
void checkTag(const std::string& tag, const Place& place) {
    if (!tag.empty() && tag != "?" && tag != "!")
        throw SyntaxError(place, "YAML tags (!...) are not allowed");
}

/// Escapes in quotes can smuggle in what checkText() keeps out.
void checkScalar(const std::string& text, const Place& place) {
    const auto forbidden = [](unsigned char c) { return c < 0x20 && c != '\t' && c != '\n'; };
    if (std::any_of(text.begin(), text.end(), forbidden))
        throw SyntaxError(place, "the value contains a control character");
}

} // namespace

Place TreeBuilder::at(const YAML::Mark& mark) const {
    return {source_, mark.line + 1, mark.column + 1};
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
    if (++documents_ > 1)
        throw SyntaxError(at(mark), "a second YAML document begins here; only one is allowed");
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
    TreeNode node;
    node.place = at(mark);
    add(std::move(node), anchor);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw SyntaxError(at(mark), "the alias is inside the value it names");
    const Extent extent = extentOf(found->second);
    if (static_cast<int>(open_.size()) + extent.depth > maxDepth)
        throw SyntaxError(at(mark),
                          "lists and mappings are nested more than " + std::to_string(maxDepth) + " deep");
    charge(extent.bytes, at(mark));
    add(found->second, 0);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
    TreeNode node;
    node.kind = TreeNode::Kind::scalar;
    node.place = at(mark);
    node.quoted = tag == "!";
    node.text = value;
    checkTag(tag, node.place);
    checkScalar(value, node.place);
    add(std::move(node), anchor);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value /*style*/) {
    open(TreeNode::Kind::sequence, mark, tag, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value /*style*/) {
    open(TreeNode::Kind::mapping, mark, tag, anchor);
}

void TreeBuilder::open(TreeNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
    checkTag(tag, at(mark));
    if (static_cast<int>(open_.size()) >= maxDepth)
        throw SyntaxError(at(mark),
                          "lists and mappings are nested more than " + std::to_string(maxDepth) + " deep");
    Open& opened = open_.emplace_back();
    opened.node.kind = kind;
    opened.node.place = at(mark);
    opened.anchor = anchor;
}

void TreeBuilder::close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
}

void TreeBuilder::add(TreeNode node, YAML::anchor_t anchor) {
    charge(sizeof(Entry) + node.text.size(), node.place);
    if (anchor != 0) {
        charge(extentOf(node).bytes, node.place);
        anchors_[anchor] = node;
    }
    if (open_.empty()) {
        root_ = std::move(node);
    } else if (open_.back().node.kind == TreeNode::Kind::mapping) {
        addToMapping(open_.back(), std::move(node));
    } else {
        const Place place = node.place;
        open_.back().node.entries.push_back({"", place, std::move(node)});
    }
}

void TreeBuilder::addToMapping(Open& mapping, TreeNode node) {
    if (!mapping.hasKey) {
        if (node.kind != TreeNode::Kind::scalar) throw SyntaxError(node.place, "a key must be a plain word");
        if (node.text == "<<" && !node.quoted)
            throw SyntaxError(node.place,
                              "merge keys (<<) are not part of YAML 1.2; write the keys of the other "
                              "mapping here, or an alias (*name) in place of the whole mapping");
        mapping.key = std::move(node.text);
        mapping.keyPlace = node.place;
        mapping.hasKey = true;
        return;
    }
    // yaml-cpp reports an absent value at the place of whatever follows it.
    if (node.kind == TreeNode::Kind::null) node.place = mapping.keyPlace;
    mapping.node.entries.push_back({std::move(mapping.key), mapping.keyPlace, std::move(node)});
    mapping.hasKey = false;
}

void TreeBuilder::charge(std::size_t bytes, const Place& place) {
    bytes_ += bytes;
    if (bytes_ > maxTreeBytes)
        throw SyntaxError(place, "too many values, or aliases that expand to too many");
}

} // namespace spillway::config
