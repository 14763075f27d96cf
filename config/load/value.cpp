#include "config/load/value.h"

#include "config/bit_rate.h"
#include "config/byte_size.h"
#include "config/duration.h"
#include "config/load/suggest.h"
#include "config/name.h"
#include "config/path.h"
#include "config/quote.h"
#include "config/settings.h"
#include "config/text.h"

#include <algorithm>
#include <cstdlib>

namespace spillway::config {

namespace {

constexpr std::size_t longestText = 4096;

std::string kindName(const TreeNode& node) {
    switch (node.kind) {
    case TreeNode::Kind::null:
        return "nothing";
    case TreeNode::Kind::scalar:
        return "a single value";
    case TreeNode::Kind::sequence:
        return "a list";
    case TreeNode::Kind::mapping:
        return "a mapping";
    }
    return "something else";
}

template <class T, class Format>
std::string outOfRange(const T& value, const T& least, const T& most, Format format) {
    return format(value) + " is out of range; allowed: " + format(least) + " to " + format(most);
}

std::optional<std::uint64_t> wholeNumber(const TreeNode& node) {
    if (node.quoted) return std::nullopt;
    return number<std::uint64_t>(node.text);
}

} // namespace

std::string indexed(const std::string& path, const std::string& index) {
    return path + "[" + index + "]";
}

std::string below(const std::string& path, const std::string& key) {
    if (path.empty() || key.empty()) return path + key;
    return path + "." + key;
}

Value Value::of(const Entry& entry) const {
    return {entry.value, below(path_, entry.key), *problems_, api_};
}

const Entry* Value::find(const std::string& key) const {
    if (node_->kind != TreeNode::Kind::mapping) return nullptr;
    const auto found = std::find_if(node_->entries.begin(), node_->entries.end(),
                                    [&](const Entry& entry) { return entry.key == key; });
    return found == node_->entries.end() ? nullptr : &*found;
}

Value Value::at(const std::string& key) const {
    static const TreeNode absent;
    if (const Entry* entry = find(key)) return of(*entry);
    return {absent, below(path_, key), *problems_, api_};
}

std::vector<Value> Value::elements() const {
    std::vector<Value> result;
    result.reserve(node_->entries.size());
    for (const Entry& entry : node_->entries)
        result.emplace_back(entry.value, indexed(path_, std::to_string(result.size())), *problems_, api_);
    return result;
}

std::vector<Value> Value::items() const {
    if (node_->kind == TreeNode::Kind::sequence) return elements();
    if (!isNull()) problem("must be a list, not " + kindName(*node_));
    return {};
}

std::vector<Value> Value::oneOrMore() const {
    if (node_->kind == TreeNode::Kind::sequence) return elements();
    return {*this};
}

bool Value::isMapping(const std::vector<std::string>& allowed) const {
    if (node_->kind == TreeNode::Kind::mapping || isNull()) return true;
    problem("must be a mapping, not " + kindName(*node_) + "; its keys are " + joined(allowed));
    return false;
}

std::optional<std::string> Value::text() const {
    if (node_->kind != TreeNode::Kind::scalar)
        problem("must be a single value, not " + kindName(*node_));
    else if (node_->text.empty())
        problem("must not be empty");
    else if (node_->text.size() > longestText)
        problem("is too long; at most " + std::to_string(longestText) + " bytes are allowed");
    else
        return node_->text;
    return std::nullopt;
}

std::optional<std::string> Value::filePath() const {
    auto written = text();
    if (!written) return written;
    if (written->front() != '~' && written->front() != '$') {
        if (!api_ || isBelowOneOf(api_->directories, *written)) return written;
        problem(quote(*written) +
                " is not below a directory of http.api.directories, and nothing else may be "
                "written by what is posted");
        return std::nullopt;
    }
    const char* home = std::getenv("HOME");
    const std::string start = home != nullptr && *home != '\0' ? home : "/home/NAME";
    problem(quote(*written) + " begins with what only a shell replaces; write the whole path, such as " +
            quote(start + written->substr(std::min(written->find('/'), written->size()))));
    return std::nullopt;
}

std::optional<std::uint64_t> Value::number(std::uint64_t least, std::uint64_t most) const {
    if (!text()) return std::nullopt;
    const auto value = wholeNumber(*node_);
    const auto format = [](std::uint64_t n) { return std::to_string(n); };
    if (!value)
        problem(quote(node_->text) + " is not a whole number" + (node_->quoted ? ": it is in quotes" : "") +
                "; allowed: " + format(least) + " to " + format(most));
    else if (*value < least || *value > most)
        problem(outOfRange(*value, least, most, format));
    else
        return value;
    return std::nullopt;
}

std::optional<std::uint64_t> Value::byteSize(std::uint64_t least, std::uint64_t most) const {
    const auto value = parsed([](const std::string& written) { return parseByteSize(written); });
    if (!value || (*value >= least && *value <= most)) return value;
    problem(outOfRange(*value, least, most, formatByteSize));
    return std::nullopt;
}

std::optional<std::uint64_t> Value::bitRate(std::uint64_t least, std::uint64_t most) const {
    const auto value = parsed([](const std::string& written) { return parseBitRate(written); });
    if (!value || (*value >= least && *value <= most)) return value;
    problem(outOfRange(*value, least, most, formatBitRate));
    return std::nullopt;
}

std::optional<milliseconds> Value::duration(milliseconds least, milliseconds most, bool orZero) const {
    const auto value = parsed([](const std::string& written) { return parseDuration(written); });
    if (!value || (*value >= least && *value <= most) || (orZero && value->count() == 0)) return value;
    problem(outOfRange(*value, least, most, formatDuration) + (orZero ? ", or 0" : ""));
    return std::nullopt;
}

std::optional<std::size_t> Value::word(const std::vector<std::string>& allowed) const {
    const auto written = text();
    if (!written) return std::nullopt;
    const auto found = std::find(allowed.begin(), allowed.end(), *written);
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    problem("unknown value " + quote(*written) + "; allowed: " + joined(allowed) +
            suggestion(*written, allowed));
    return std::nullopt;
}

std::optional<std::string> Value::name() const {
    auto written = text();
    if (!written || isName(*written)) return written;
    problem(quote(*written) +
            " is not a name; allowed: 1 to 64 of A-Z a-z 0-9 . _ - (but not . or .. alone)");
    return std::nullopt;
}

void Value::problemAt(const Place& place, const std::string& key, std::string message) const {
    problems_->add(place, below(path_, key), std::move(message));
}

} // namespace spillway::config
