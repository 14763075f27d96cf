// Builds a tree from yaml-cpp's events, within the limits of document.h.
//
// Comes in: the events of one document. Goes out: its tree. An event that exceeds a limit throws SyntaxError,
// which also ends yaml-cpp's own recursion. Holds no more than the limits allow, and one event.
#pragma once

#include "config/load/document.h"

#include <map>

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>

namespace spillway::config {

class TreeBuilder final : public YAML::EventHandler {
  public:
    explicit TreeBuilder(std::size_t source)
        : source_(source) {}

    TreeNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

  private:
    /// A list or mapping that is not complete.
    struct Open {
        TreeNode node;
        YAML::anchor_t anchor = 0;
        Place keyPlace;
        std::string key;
        bool hasKey = false;
    };

    Place at(const YAML::Mark& mark) const;
    void open(TreeNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
    void close();
    void add(TreeNode node, YAML::anchor_t anchor);
    void addToMapping(Open& mapping, TreeNode node);
    void charge(std::size_t bytes, const Place& place);

    std::size_t source_;
    std::size_t documents_ = 0;
    std::size_t bytes_ = 0;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, TreeNode> anchors_;
    TreeNode root_;
};

} // namespace spillway::config
