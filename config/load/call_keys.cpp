#include "config/load/sections.h"
#include "config/load/suggest.h"
#include "config/name.h"
#include "config/quote.h"
#include "config/text.h"
#include "config/url.h"

#include <algorithm>

namespace spillway::config {

namespace {

using namespace std::chrono_literals;

const Keys<WhipJoin>& whipKeys() {
    static const Keys<WhipJoin> keys{typeKey<WhipJoin>()};
    return keys;
}

template <void (*check)(std::string_view)>
std::string checked(const std::string& text) {
    check(text);
    return text;
}

const Keys<WhepJoin>& whepKeys() {
    static const Keys<WhepJoin> keys{
        typeKey<WhepJoin>(),
        {"url", parsed(&WhepJoin::url, checked<checkHttpUrl>), Requirement::required},
        {"token", token(&WhepJoin::token)},
        {"participant", name(&WhepJoin::participant)},
    };
    return keys;
}

/// Janus reads room numbers as signed, and has no room 0.
bool isRoomNumber(const std::string& text) {
    return number<std::int64_t>(text).value_or(0) > 0 && text.front() != '0';
}

void checkRoom(std::string_view view) {
    const std::string text(view);
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    if (digits ? isRoomNumber(text) : isName(text)) return;
    throw std::invalid_argument(quote(text) + " is not a room; allowed: a number from 1 to " +
                                std::to_string(INT64_MAX) + ", or 1 to 64 of A-Z a-z 0-9 . _ -");
}

const Keys<JanusJoin>& janusKeys() {
    static const Keys<JanusJoin> keys{
        typeKey<JanusJoin>(),
        {"url", parsed(&JanusJoin::url, checked<checkWebSocketUrl>), Requirement::required},
        {"room", parsed(&JanusJoin::room, checked<checkRoom>), Requirement::required},
        {"pin", secret(&JanusJoin::pin)},
        {"token", secret(&JanusJoin::token)},
        {"apisecret", secret(&JanusJoin::apiSecret)},
        {"display", text(&JanusJoin::display)},
    };
    return keys;
}

const Keys<TestJoin>& testKeys() {
    static const Keys<TestJoin> keys{
        typeKey<TestJoin>(),
        {"participants", count(&TestJoin::participants, 1, 100)},
        {"width", count(&TestJoin::width, 16, 3840)},
        {"height", count(&TestJoin::height, 16, 2160)},
        {"fps", count(&TestJoin::fps, 1, 120)},
        {"churn", duration(&TestJoin::churn, 100ms, 24h, Zero::allowed)},
    };
    return keys;
}

/// Most preferred first.
void readCodecs(const Value& value, CallSettings& call) {
    const std::vector<Value> elements = value.oneOrMore();
    if (elements.empty()) value.problem("must name at least one codec");
    call.videoCodecs.clear();
    for (const Value& element : elements) {
        const auto codec = element.oneOf(videoCodecWords);
        if (!codec) continue;
        const auto& known = call.videoCodecs;
        if (std::find(known.begin(), known.end(), *codec) != known.end())
            element.problem("duplicate codec");
        else
            call.videoCodecs.push_back(*codec);
    }
}

const Keys<CallSettings>& videoKeys() {
    static const Keys<CallSettings> keys{{"codecs", {readCodecs, {}}}};
    return keys;
}

void readVideo(const Value& value, CallSettings& call) {
    readMapping(value, videoKeys(), call);
}

/// libwebrtc encodes no picture below 30 kbit/s.
constexpr std::uint64_t leastRest = 30'000;
constexpr std::uint64_t mostRest = 100'000'000;

template <class Kind>
constexpr bool takes(Unwatched what) {
    return what == Unwatched::drain || (what == Unwatched::pause && Kind::canPause) ||
           (what == Unwatched::rest && Kind::canRest);
}

template <class... Kinds>
std::string kindsThatTake(Unwatched what, std::type_identity<std::variant<Kinds...>>) {
    std::vector<std::string> words;
    ((takes<Kinds>(what) ? words.push_back(Kinds::word) : void()), ...);
    return joined(words);
}

template <class Kind>
std::string wordsFor(const Kind&) {
    std::vector<std::string> words;
    for (const auto& word : unwatchedWords)
        if (takes<Kind>(word.value)) words.emplace_back(word.text);
    return joined(words);
}

} // namespace

const Keys<CallSettings>& callKeys() {
    static const Keys<CallSettings> keys{
        {"name", name(&CallSettings::name), Requirement::required},
        {"join", choice(&CallSettings::join, whipKeys(), whepKeys(), janusKeys(), testKeys()),
         Requirement::required},
        {"video", {readVideo, dotted(videoKeys(), ".")}},
        {"media_timeout", duration(&CallSettings::mediaTimeout, 100ms, 1h)},
        {"jitter", duration(&CallSettings::jitter, 1ms, 10s, Zero::allowed)},
        {"unwatched", oneOf(&CallSettings::unwatched, unwatchedWords)},
        {"rest_bitrate", bitRate(&CallSettings::restBitrate, leastRest, mostRest)},
        {"linger", duration(&CallSettings::linger, 100ms, 24h, Zero::allowed)},
    };
    return keys;
}

void checkCall(const Value& value, const CallSettings& call) {
    const auto taken = [&](const auto& kind) { return takes<std::decay_t<decltype(kind)>>(call.unwatched); };
    if (std::visit(taken, call.join)) return;
    // A join that could not be read has its own problem.
    if (value.at("join").at("type").node().text != joinName(call)) return;
    const std::string word = wordOf(unwatchedWords, call.unwatched);
    const std::string cannot =
        call.unwatched == Unwatched::pause ? " cannot pause its tracks" : " cannot let its publishers rest";
    value.at("unwatched")
        .problem(std::string("a call of type ") + joinName(call) + cannot + "; allowed: " +
                 std::visit([](const auto& kind) { return wordsFor(kind); }, call.join) + " (" + word +
                 " only with " + kindsThatTake(call.unwatched, std::type_identity<JoinSettings>()) + ")");
}

} // namespace spillway::config
