#include "config/byte_size.h"
#include "config/load/sections.h"
#include "config/text.h"

#include <iterator>
#include <map>

namespace spillway::config {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1024ULL * 1024;
constexpr std::uint64_t tib = mib * mib;

const Keys<LimitSettings>& limitKeys() {
    static const Keys<LimitSettings> keys{
        {"queue_memory", byteSize(&LimitSettings::queueMemory, mib, tib)},
        {"subscribers", count(&LimitSettings::subscribers, 1, 100'000)},
        {"calls", count(&LimitSettings::calls, 1, 10'000)},
        {"tracks_per_call", count(&LimitSettings::tracksPerCall, 1, 1000)},
    };
    return keys;
}

const Keys<MetricsSettings>& metricsKeys() {
    static const Keys<MetricsSettings> keys{
        {"max_series", count(&MetricsSettings::maxSeries, 1, 1'000'000)},
    };
    return keys;
}

const Keys<LogSettings>& logKeys() {
    static const Keys<LogSettings> keys{
        {"level", oneOf(&LogSettings::level, logLevelWords)},
        {"format", oneOf(&LogSettings::format, logFormatWords)},
    };
    return keys;
}

template <class Element>
Reading<Settings> listOf(std::vector<Element> Settings::*member, const Keys<Element>& keys) {
    return {[=, &keys](const Value& value, Settings& out) {
                for (const Value& element : value.items()) {
                    Element& added = (out.*member).emplace_back();
                    if (element.isNull())
                        element.problem("this element is empty");
                    else
                        readMapping(element, keys, added);
                }
            },
            dotted(keys, "[].")};
}

void checkNames(const Value& list) {
    std::map<std::string, int> lines;
    for (const Value& element : list.items()) {
        const Value name = element.at("name");
        if (name.node().kind != TreeNode::Kind::scalar) continue;
        const auto [first, isNew] = lines.try_emplace(name.node().text, name.node().place.line);
        if (isNew) continue;
        const std::string where = first->second > 0 ? ", first on line " + std::to_string(first->second) : "";
        name.problem("duplicate name" + where);
    }
}

void checkEach(const Value& list, const std::vector<CallSettings>& calls) {
    const std::vector<Value> elements = list.items();
    for (std::size_t i = 0; i < calls.size(); ++i)
        checkCall(elements[i], calls[i]);
}

void checkCount(const Value& list, std::size_t count, std::uint32_t limit, const std::string& limitKey) {
    if (count > limit)
        list.problem("has " + std::to_string(count) + " elements; " + limitKey + " allows " +
                     std::to_string(limit));
}

/// Each subscription is going to serve one track or more, so the sum of the bounds as written is the least
/// they can come to.
void checkQueueMemory(const Value& list, const Settings& settings) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < settings.subscriptions.size(); ++i) {
        const std::uint64_t bytes = settings.subscriptions[i].queue.bytes.value_or(0);
        const bool fitted = sum <= settings.limits.queueMemory;
        sum += bytes;
        if (!fitted || sum <= settings.limits.queueMemory) continue;
        list.items()[i].at("queue").at("bytes").problem(
            "with this subscription the queues may hold " + formatByteSize(sum) +
            "; limits.queue_memory allows " + formatByteSize(settings.limits.queueMemory));
    }
}

/// The ports that one subscription sends to, the last one among them.
struct Ports {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    const std::string* subscription = nullptr;

    std::string text() const { return std::to_string(first) + " to " + std::to_string(last); }
};

Ports portsOf(const RtpOutput& rtp, const std::string& subscription) {
    return {rtp.port, rtp.port + 2 * rtp.maxTracks - 1, &subscription};
}

/// What `rtp` subscriptions send to and write, so that two do not share it.
class RtpTargets {
  public:
    void add(const Value& output, const RtpOutput& rtp, const std::string& subscription) {
        if (rtp.port != 0 && !rtp.host.empty()) addPorts(output, rtp, subscription);
        if (rtp.sdp.empty()) return;
        const auto [first, isNew] = files_.try_emplace(rtp.sdp.lexically_normal().string(), &subscription);
        if (!isNew)
            output.at("sdp").problem("subscription " + *first->second +
                                     " writes the same file; give each one of its own");
    }

  private:
    void addPorts(const Value& output, const RtpOutput& rtp, const std::string& subscription) {
        const Ports ports = portsOf(rtp, subscription);
        auto& taken = byHost_[lowered(rtp.host)];
        const auto next = taken.upper_bound(ports.last);
        // Those that are there do not overlap, so that the last one that begins below tells.
        if (next == taken.begin() || std::prev(next)->second.last < ports.first) {
            taken.emplace(ports.first, ports);
            return;
        }
        const Ports& other = std::prev(next)->second;
        output.at("port").problem("max_tracks " + std::to_string(rtp.maxTracks) + " takes the ports " +
                                  ports.text() + ", and subscription " + *other.subscription + " sends to " +
                                  other.text() + " of the same host; write a port from " +
                                  std::to_string(other.last + 1) + " on, or smaller max_tracks");
    }

    std::map<std::string, std::map<std::uint32_t, Ports>> byHost_; ///< by first port
    std::map<std::string, const std::string*> files_;
};

void checkRtp(const Value& list, const std::vector<SubscriptionSettings>& subscriptions) {
    const std::vector<Value> elements = list.items();
    RtpTargets targets;
    for (std::size_t i = 0; i < subscriptions.size(); ++i)
        if (const auto* rtp = std::get_if<RtpOutput>(&subscriptions[i].output))
            targets.add(elements[i].at("output"), *rtp, subscriptions[i].name);
}

} // namespace

const Keys<Settings>& documentKeys() {
    static const Keys<Settings> keys{
        {"http", section(&Settings::http, httpKeys())},
        {"webrtc", section(&Settings::webrtc, webrtcKeys())},
        {"limits", section(&Settings::limits, limitKeys())},
        {"metrics", section(&Settings::metrics, metricsKeys())},
        {"shutdown_timeout", duration(&Settings::shutdownTimeout, 100ms, 10min)},
        {"log", section(&Settings::log, logKeys())},
        {"calls", listOf(&Settings::calls, callKeys())},
        {"subscriptions", listOf(&Settings::subscriptions, subscriptionKeys())},
    };
    return keys;
}

void checkDocument(const Value& document, const Settings& settings) {
    const Value calls = document.at("calls");
    const Value subscriptions = document.at("subscriptions");
    checkCount(calls, settings.calls.size(), settings.limits.calls, "limits.calls");
    if (settings.webrtc.publishers == PublisherIce::lite && settings.webrtc.listen.empty() &&
        settings.webrtc.listenTcp.empty())
        document.at("webrtc")
            .at("publishers")
            .problem("is lite, which takes publishers by webrtc.listen, and that is empty; write full, or an "
                     "address there");
    checkSigningKeys(document.at("http").at("signed_tokens").at("keys"), settings.http);
    checkAnnounce(document.at("webrtc").at("announce"), settings.webrtc);
    checkCount(subscriptions, settings.subscriptions.size(), settings.limits.subscribers,
               "limits.subscribers");
    if (calls.node().kind == TreeNode::Kind::sequence) {
        checkNames(calls);
        checkEach(calls, settings.calls);
    }
    if (subscriptions.node().kind != TreeNode::Kind::sequence) return;
    checkNames(subscriptions);
    checkQueueMemory(subscriptions, settings);
    checkRtp(subscriptions, settings.subscriptions);
}

} // namespace spillway::config
