#include "config/load/override.h"

#include "config/load/value.h"
#include "config/text.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace spillway::config {

namespace {

/// `calls[0].name` and `calls.0.name` are the same three steps.
std::vector<std::string> stepsOf(std::string key) {
    std::vector<std::string> steps(1);
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char c = key[i];
        const bool closes = c == ']' && (i + 1 == key.size() || key[i + 1] == '.' || key[i + 1] == '[');
        if (c == '.' || c == '[')
            steps.emplace_back();
        else if (!closes)
            steps.back().push_back(c);
    }
    return steps;
}

void checkSteps(const std::vector<std::string>& steps) {
    if (steps.size() > static_cast<std::size_t>(maxDepth))
        throw std::invalid_argument("this key has too many parts");
    if (std::any_of(steps.begin(), steps.end(), [](const std::string& step) { return step.empty(); }))
        throw std::invalid_argument("a part of this key is empty; it is a dotted path such as log.level");
}

TreeNode& element(TreeNode& sequence, const std::string& step) {
    const auto index = number<std::size_t>(step);
    if (!index) throw std::invalid_argument("this is a list; its elements are numbered from 0");
    if (*index >= sequence.entries.size())
        throw std::invalid_argument("there is no such element; the list has " +
                                    std::to_string(sequence.entries.size()) + ", numbered from 0");
    return sequence.entries[*index].value;
}

/// The value of the key; adds the key if it is missing.
TreeNode& member(TreeNode& mapping, const std::string& step, const Place& place) {
    if (mapping.kind == TreeNode::Kind::null) mapping.kind = TreeNode::Kind::mapping;
    if (mapping.kind != TreeNode::Kind::mapping) throw std::invalid_argument("a single value has no keys");
    for (Entry& entry : mapping.entries)
        if (entry.key == step) return entry.value;
    Entry& added = mapping.entries.emplace_back(Entry{step, place, {}});
    added.value.place = place;
    return added.value;
}

/// An override has no lines, so its problems show its name alone.
void setPlace(TreeNode& node, const Place& place) {
    node.place = place;
    for (Entry& entry : node.entries) {
        entry.keyPlace = place;
        setPlace(entry.value, place);
    }
}

TreeNode valueOf(const std::string& text, const Place& place) {
    TreeNode value = parseDocument(text, place.source);
    setPlace(value, place);
    return value;
}

} // namespace

void applyOverride(TreeNode& root, const std::string& override, Problems& problems) {
    const std::size_t equals = override.find('=');
    if (equals == std::string::npos) {
        problems.add({problems.addSource("--set"), 0, 0}, "", "must be KEY=VALUE, such as log.level=debug");
        return;
    }
    const std::string key = override.substr(0, equals);
    const Place place{problems.addSource("--set " + key), 0, 0};
    std::string path;
    try {
        const std::vector<std::string> steps = stepsOf(key);
        checkSteps(steps);
        TreeNode value = valueOf(override.substr(equals + 1), place);
        TreeNode* at = &root;
        for (const std::string& step : steps) {
            const bool isElement = at->kind == TreeNode::Kind::sequence;
            at = isElement ? &element(*at, step) : &member(*at, step, place);
            path = isElement ? indexed(path, step) : below(path, step);
        }
        *at = std::move(value);
    } catch (const SyntaxError& error) {
        problems.add(place, path, error.what());
    } catch (const std::invalid_argument& error) {
        problems.add(place, path, error.what());
    }
}

} // namespace spillway::config
