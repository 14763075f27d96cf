// The keys of a mapping as a table, each with the way to read it and the keys that may stand below it. A key
// is named nowhere else: reading, the message about unknown keys, and knownKeys() all use the table.
//
//     const Keys<LogSettings> keys{
//         {"level", oneOf(&LogSettings::level, logLevelWords)},
//     };
//     readMapping(value, keys, settings.log);
#pragma once

#include "config/load/value.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace spillway::config {

enum class Requirement { optional, required };

/// How to read the value of a key into the struct T.
template <class T>
struct Reading {
    std::function<void(const Value&, T&)> read;
    /// What may stand below, to append to the name of the key: `.port`, `[].name`. Empty for a single value.
    std::vector<std::string> below;
};

template <class T>
struct Key {
    std::string name;
    Reading<T> reading;
    Requirement requirement = Requirement::optional;
};

template <class T>
using Keys = std::vector<Key<T>>;

/// The part of a table that checkKeys() needs.
struct KeyName {
    std::string name;
    Requirement requirement;
};

/// Whether messages may name an unknown key: not where it may be a secret, written there by mistake.
enum class UnknownKey { named, unnamed };

/// Reports unknown, duplicate and missing keys.
void checkKeys(const Value& mapping, const std::vector<KeyName>& keys, UnknownKey unknown);

template <class T>
void readMapping(const Value& value, const Keys<T>& keys, T& out, UnknownKey unknown = UnknownKey::named) {
    std::vector<KeyName> names;
    std::vector<std::string> allowed;
    for (const Key<T>& key : keys) {
        names.push_back({key.name, key.requirement});
        allowed.push_back(key.name);
    }
    if (!value.isMapping(allowed)) return;
    for (const Key<T>& key : keys)
        if (const Entry* entry = value.find(key.name)) key.reading.read(value.of(*entry), out);
    checkKeys(value, names, unknown);
}

/// Every key of the table and below it, each after `prefix` (`.`, `[].` or nothing).
template <class T>
std::vector<std::string> dotted(const Keys<T>& keys, const std::string& prefix) {
    std::vector<std::string> result;
    for (const Key<T>& key : keys) {
        const std::string name = prefix + key.name;
        if (key.reading.below.empty()) result.push_back(name);
        for (const std::string& below : key.reading.below)
            result.push_back(name + below);
    }
    return result;
}

// The readings below set a member of T, which may be a std::optional. A wrong value leaves the member
// unchanged.

namespace detail {
template <class M>
struct Unwrapped {
    using Type = M;
};
template <class M>
struct Unwrapped<std::optional<M>> {
    using Type = M;
};
} // namespace detail

template <class T, class M>
Reading<T> count(M T::*member, std::uint32_t least, std::uint32_t most) {
    using Number = typename detail::Unwrapped<M>::Type;
    return {[=](const Value& value, T& out) {
                if (const auto number = value.number(least, most)) out.*member = static_cast<Number>(*number);
            },
            {}};
}

template <class T, class M>
Reading<T> byteSize(M T::*member, std::uint64_t least, std::uint64_t most) {
    return {[=](const Value& value, T& out) {
                if (const auto bytes = value.byteSize(least, most)) out.*member = *bytes;
            },
            {}};
}

template <class T, class M>
Reading<T> bitRate(M T::*member, std::uint64_t least, std::uint64_t most) {
    return {[=](const Value& value, T& out) {
                if (const auto bits = value.bitRate(least, most)) out.*member = *bits;
            },
            {}};
}

enum class Zero { forbidden, allowed };

template <class T, class M>
Reading<T> duration(M T::*member, milliseconds least, milliseconds most, Zero zero = Zero::forbidden) {
    return {[=](const Value& value, T& out) {
                if (const auto time = value.duration(least, most, zero == Zero::allowed)) out.*member = *time;
            },
            {}};
}

template <class T, class M, class E, std::size_t N>
Reading<T> oneOf(M T::*member, const std::array<Word<E>, N>& words) {
    return {[=](const Value& value, T& out) {
                if (const auto word = value.oneOf(words)) out.*member = *word;
            },
            {}};
}

template <class T>
Reading<T> name(std::string T::*member) {
    return {[=](const Value& value, T& out) {
                if (auto text = value.name()) out.*member = std::move(*text);
            },
            {}};
}

template <class T>
Reading<T> filePath(std::filesystem::path T::*member) {
    return {[=](const Value& value, T& out) {
                if (auto written = value.filePath()) out.*member = std::move(*written);
            },
            {}};
}

template <class T, class M>
Reading<T> text(M T::*member) {
    return {[=](const Value& value, T& out) {
                if (auto written = value.text()) out.*member = std::move(*written);
            },
            {}};
}

/// A type with a parser of its own.
template <class T, class M, class Parse>
Reading<T> parsed(M T::*member, Parse parse) {
    return {[=](const Value& value, T& out) {
                if (auto result = value.parsed(parse)) out.*member = std::move(*result);
            },
            {}};
}

template <class T>
Reading<T> secret(std::optional<Secret> T::*member) {
    return {[=](const Value& value, T& out) {
                if (auto read = value.secret()) out.*member = std::move(*read);
            },
            {}};
}

template <class T>
Reading<T> token(std::optional<Secret> T::*member) {
    return {[=](const Value& value, T& out) {
                if (auto read = value.token()) out.*member = std::move(*read);
            },
            {}};
}

/// A mapping with its own table, which must outlive this.
template <class T, class M>
Reading<T> section(M T::*member, const Keys<M>& keys) {
    return {[=, &keys](const Value& value, T& out) { readMapping(value, keys, out.*member); },
            dotted(keys, ".")};
}

/// A key whose value is read elsewhere.
template <class T>
Reading<T> readElsewhere() {
    return {[](const Value&, T&) {}, {}};
}

/// The line `type` that every table below choice() begins with.
template <class Kind>
Key<Kind> typeKey() {
    return {"type", readElsewhere<Kind>()};
}

/// The value of `type`, as an index into the words; reports a missing or unknown one.
std::optional<std::size_t> typeOf(const Value& mapping, const std::vector<std::string>& words);

namespace detail {
/// Appends what is not there yet.
void merge(std::vector<std::string>& names, const std::vector<std::string>& more);
} // namespace detail

/// A mapping whose `type` is the word of one of the Kinds. There must be a table for each of them, in their
/// order, or this does not compile; the tables must outlive this.
template <class T, class... Kinds>
Reading<T> choice(std::variant<Kinds...> T::*member, const Keys<Kinds>&... keys) {
    using Choice = std::variant<Kinds...>;
    using Read = std::function<void(const Value&, Choice&)>;
    const std::vector<Read> readers{[&keys](const Value& value, Choice& out) {
        readMapping(value, keys, out.template emplace<Kinds>());
    }...};
    std::vector<std::string> below;
    (detail::merge(below, dotted(keys, ".")), ...);
    return {[=, words = wordsOf(std::type_identity<Choice>())](const Value& value, T& out) {
                if (const auto index = typeOf(value, words)) readers[*index](value, out.*member);
            },
            below};
}

} // namespace spillway::config
