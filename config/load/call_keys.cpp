#include "config/load/sections.h"

#include <algorithm>

namespace spillway::config {

namespace {

using namespace std::chrono_literals;

const Keys<WhipJoin>& whipKeys() {
    static const Keys<WhipJoin> keys{typeKey<WhipJoin>()};
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

/// In the order of preference.
void readCodecs(const Value& value, CallSettings& call) {
    const std::vector<Value> elements = value.oneOrMore();
    if (elements.empty()) value.problem("must name at least one codec");
    call.videoCodecs.clear();
    for (const Value& element : elements) {
        const auto codec = element.oneOf(videoCodecWords);
        if (!codec) continue;
        const auto& known = call.videoCodecs;
        if (std::find(known.begin(), known.end(), *codec) != known.end())
            element.problem("this codec is there twice");
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

} // namespace

const Keys<CallSettings>& callKeys() {
    using Join = decltype(CallSettings::join);
    static const std::vector<Alternative<Join>> joins{alternative<Join>("whip", whipKeys()),
                                                      alternative<Join>("test", testKeys())};
    static const Keys<CallSettings> keys{
        {"name", name(&CallSettings::name), Presence::required},
        {"join", choice(&CallSettings::join, joins), Presence::required},
        {"video", {readVideo, dotted(videoKeys(), ".")}},
        {"media_timeout", duration(&CallSettings::mediaTimeout, 100ms, 1h)},
        {"jitter", duration(&CallSettings::jitter, 1ms, 10s, Zero::allowed)},
    };
    return keys;
}

} // namespace spillway::config
