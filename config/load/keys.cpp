#include "config/load/keys.h"

#include "config/load/suggest.h"

#include <algorithm>
#include <map>

namespace spillway::config {

namespace {

/// The part of an unknown key that looks like a key. If the space after a colon is missing, the rest is the
/// value, which may be a password.
std::string wordIn(const std::string& key) {
    static constexpr std::size_t longest = 40;
    const auto isWordByte = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    };
    const auto end = std::find_if_not(key.begin(), key.end(), isWordByte);
    return std::string(key.begin(), end).substr(0, longest);
}

void reportUnknown(const Value& mapping, const Entry& entry, const std::vector<std::string>& allowed,
                   UnknownKey unknown) {
    if (mapping.isFull()) {
        mapping.problemAt(entry.keyPlace, "", "");
        return;
    }
    const std::string word = wordIn(entry.key);
    const bool glued = entry.key.size() > word.size() && entry.key[word.size()] == ':';
    mapping.problemAt(entry.keyPlace, unknown == UnknownKey::named ? word : "",
                      std::string(glued ? "a space is missing after the colon" : "unknown key") +
                          "; allowed: " + joined(allowed) + suggestion(word, allowed));
}

void reportMissing(const Value& mapping, const std::vector<KeyName>& keys) {
    for (const KeyName& key : keys) {
        if (key.requirement == Requirement::required && mapping.find(key.name) == nullptr)
            mapping.problemAt(mapping.node().place, key.name, "this key is missing");
    }
}

} // namespace

void checkKeys(const Value& mapping, const std::vector<KeyName>& keys, UnknownKey unknown) {
    std::vector<std::string> allowed;
    allowed.reserve(keys.size());
    for (const KeyName& key : keys)
        allowed.push_back(key.name);
    std::map<std::string, Place> seen;
    for (const Entry& entry : mapping.node().entries) {
        if (std::find(allowed.begin(), allowed.end(), entry.key) == allowed.end()) {
            reportUnknown(mapping, entry, allowed, unknown);
            continue;
        }
        const auto [first, isNew] = seen.try_emplace(entry.key, entry.keyPlace);
        if (!isNew)
            mapping.problemAt(entry.keyPlace, entry.key,
                              "duplicate key, first on line " + std::to_string(first->second.line));
    }
    reportMissing(mapping, keys);
}

void detail::merge(std::vector<std::string>& names, const std::vector<std::string>& more) {
    for (const std::string& name : more)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::optional<std::size_t> typeOf(const Value& mapping, const std::vector<std::string>& words) {
    if (!mapping.isMapping({"type"})) return std::nullopt;
    if (const Entry* entry = mapping.find("type")) return mapping.of(*entry).word(words);
    mapping.problemAt(mapping.node().place, "type", "this key is missing; allowed: " + joined(words));
    return std::nullopt;
}

} // namespace spillway::config
