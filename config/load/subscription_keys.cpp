#include "config/load/sections.h"

namespace spillway::config {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = kib * kib;
constexpr std::uint64_t tib = mib * mib;
constexpr auto day = 24h;

/// There is only one kind of file; the key leaves room for others.
void readContainer(const Value& value, RecordOutput&) {
    value.word({"matroska"});
}

const Keys<RecordOutput>& recordKeys() {
    static const Keys<RecordOutput> keys{
        typeKey<RecordOutput>(),
        {"directory", filePath(&RecordOutput::directory), Requirement::required},
        {"container", {readContainer, {}}},
        {"files", oneOf(&RecordOutput::files, recordFilesWords)},
        {"segment", duration(&RecordOutput::segment, 1s, 7 * day, Zero::allowed)},
        {"keep", duration(&RecordOutput::keep, 1s, 36500 * day)},
        {"max_bytes", byteSize(&RecordOutput::maxBytes, mib, kib * tib)},
    };
    return keys;
}

std::string checkedHost(const std::string& text) {
    if (isHost(text)) return text;
    throw std::invalid_argument(
        "this is not a host; allowed: an IPv4 or IPv6 address (without brackets and port) "
        "or a DNS name");
}

const Keys<RtpOutput>& rtpKeys() {
    static const Keys<RtpOutput> keys{
        typeKey<RtpOutput>(),
        {"host", parsed(&RtpOutput::host, checkedHost), Requirement::required},
        {"port", count(&RtpOutput::port, 1, 65535), Requirement::required},
        {"sdp", filePath(&RtpOutput::sdp)},
        {"max_tracks", count(&RtpOutput::maxTracks, 1, 1000)},
    };
    return keys;
}

/// Each track takes two ports, the second one for RTCP.
void checkPorts(const Value& value, const RtpOutput& rtp) {
    if (rtp.port == 0 || rtp.port + 2 * (rtp.maxTracks - 1) <= 65535) return;
    value.problem(std::to_string(rtp.maxTracks) + " tracks from port " + std::to_string(rtp.port) +
                  " on would need ports above 65535; at most " + std::to_string((65535 - rtp.port) / 2 + 1) +
                  " fit");
}

Reading<SubscriptionSettings> outputReading() {
    Reading<SubscriptionSettings> reading = choice(&SubscriptionSettings::output, recordKeys(), rtpKeys());
    reading.read = [read = reading.read](const Value& value, SubscriptionSettings& subscription) {
        read(value, subscription);
        if (const auto* rtp = std::get_if<RtpOutput>(&subscription.output)) checkPorts(value, *rtp);
    };
    return reading;
}

const Keys<QueueSettings>& queueKeys() {
    static const Keys<QueueSettings> keys{
        {"buffers", count(&QueueSettings::buffers, 1, 1'000'000)},
        {"bytes", byteSize(&QueueSettings::bytes, kib, tib)},
        {"time", duration(&QueueSettings::time, 1ms, 1h)},
        {"policy", oneOf(&QueueSettings::policy, policyWords)},
    };
    return keys;
}

} // namespace

const Keys<SubscriptionSettings>& subscriptionKeys() {
    static const Keys<SubscriptionSettings> keys{
        {"name", name(&SubscriptionSettings::name), Requirement::required},
        {"tracks", parsed(&SubscriptionSettings::tracks, TrackGlob::parse)},
        {"output", outputReading(), Requirement::required},
        {"queue", section(&SubscriptionSettings::queue, queueKeys())},
    };
    return keys;
}

} // namespace spillway::config
