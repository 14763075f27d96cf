// The words of the configuration: for the values of an enum, and for the kinds of call and output. Messages
// and documents list them in the order they have here.
#pragma once

#include "config/settings.h"

#include <array>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace spillway::config {

template <class E>
struct Word {
    const char* text;
    E value;
};

inline constexpr std::array policyWords{
    Word<QueuePolicy>{"drop_to_keyframe", QueuePolicy::dropToKeyframe},
    Word<QueuePolicy>{"drop_oldest", QueuePolicy::dropOldest},
    Word<QueuePolicy>{"latest", QueuePolicy::latest},
    Word<QueuePolicy>{"disconnect", QueuePolicy::disconnect},
};

inline constexpr std::array logLevelWords{
    Word<LogLevel>{"trace", LogLevel::trace}, Word<LogLevel>{"debug", LogLevel::debug},
    Word<LogLevel>{"info", LogLevel::info},   Word<LogLevel>{"warn", LogLevel::warn},
    Word<LogLevel>{"error", LogLevel::error},
};

inline constexpr std::array logFormatWords{
    Word<LogFormat>{"auto", LogFormat::automatic},
    Word<LogFormat>{"text", LogFormat::text},
    Word<LogFormat>{"json", LogFormat::json},
    Word<LogFormat>{"journal", LogFormat::journal},
};

inline constexpr std::array tokenRoleWords{
    Word<TokenRole>{"monitor", TokenRole::monitor},
    Word<TokenRole>{"view", TokenRole::view},
    Word<TokenRole>{"publish", TokenRole::publish},
    Word<TokenRole>{"admin", TokenRole::admin},
};

inline constexpr std::array flagWords{
    Word<bool>{"false", false},
    Word<bool>{"true", true},
};

inline constexpr std::array publisherIceWords{
    Word<PublisherIce>{"auto", PublisherIce::automatic},
    Word<PublisherIce>{"lite", PublisherIce::lite},
    Word<PublisherIce>{"full", PublisherIce::full},
};

inline constexpr std::array videoCodecWords{
    Word<Codec>{"vp8", Codec::vp8},
    Word<Codec>{"vp9", Codec::vp9},
    Word<Codec>{"h264", Codec::h264},
    Word<Codec>{"h265", Codec::h265},
};

inline constexpr std::array unwatchedWords{
    Word<Unwatched>{"drain", Unwatched::drain},
    Word<Unwatched>{"pause", Unwatched::pause},
    Word<Unwatched>{"rest", Unwatched::rest},
};

inline constexpr std::array recordFilesWords{
    Word<RecordFiles>{"participant", RecordFiles::participant},
    Word<RecordFiles>{"track", RecordFiles::track},
};

template <class E, std::size_t N>
constexpr const char* wordOf(const std::array<Word<E>, N>& words, E value) {
    for (const Word<E>& word : words)
        if (word.value == value) return word.text;
    return "?";
}

template <class E, std::size_t N>
std::vector<std::string> wordsOf(const std::array<Word<E>, N>& words) {
    std::vector<std::string> texts;
    texts.reserve(N);
    for (const Word<E>& word : words)
        texts.emplace_back(word.text);
    return texts;
}

/// Of all alternatives of JoinSettings or OutputSettings.
template <class... Kinds>
std::vector<std::string> wordsOf(std::type_identity<std::variant<Kinds...>>) {
    return {Kinds::word...};
}

} // namespace spillway::config
