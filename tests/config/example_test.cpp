// The reference configuration names every key, shows the true defaults, and loads.
#include "config/load/document.h"
#include "loading.h"

#include <algorithm>
#include <set>
#include <sstream>

using namespace spillway::config;

namespace {

std::string exampleText() {
    std::ifstream file(std::string(SPILLWAY_SOURCE_DIR) + "/config/spillway.example.yaml");
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// With the optional lines, `#key`, switched on.
std::string wholeText() {
    std::istringstream lines(exampleText());
    std::string result;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t hash = line.find_first_not_of(' ');
        const bool isOptional =
            hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() && line[hash + 1] != ' ';
        if (isOptional) line.erase(hash, 1);
        result += line + "\n";
    }
    return result;
}

bool isSecret(const TreeNode& node) {
    static const std::set<std::string> sources{"file", "credential", "env"};
    return node.kind == TreeNode::Kind::mapping && node.entries.size() == 1 &&
           sources.count(node.entries[0].key) > 0;
}

void collectKeys(const TreeNode& node, const std::string& path, std::set<std::string>& keys) {
    const bool isList = node.kind == TreeNode::Kind::sequence;
    const bool isListOfValues =
        isList && (node.entries.empty() || node.entries[0].value.kind == TreeNode::Kind::scalar);
    const bool isNamedByUser = path == "http.api.secrets";
    if (node.kind == TreeNode::Kind::scalar || node.kind == TreeNode::Kind::null || isSecret(node) ||
        isListOfValues || isNamedByUser) {
        keys.insert(path);
        return;
    }
    for (const Entry& entry : node.entries) {
        const std::string below = isList ? "[]" : (path.empty() ? "" : ".") + entry.key;
        collectKeys(entry.value, path + below, keys);
    }
}

std::set<std::string> keysOf(const std::string& text) {
    std::set<std::string> keys;
    collectKeys(parseDocument(text, 0), "", keys);
    return keys;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// The example with everything switched on, its files, credential and variable provided.
Settings wholeSettings() {
    const TemporaryFolder folder;
    for (const auto* name :
         {"cert.pem", "key.pem", "admin.token", "publish.token", "monitor.token", "turn.password",
          "turn.secret", "whep.token", "janus.pin", "janus.token", "janus.apisecret"})
        folder.write(name, name);
    folder.write("signing.key", std::string(32, 'k'));
    const Variable credentials("CREDENTIALS_DIRECTORY", folder.path().string());
    const Variable token("SPILLWAY_VIEW_TOKEN", "view");
    return valid(load(replaced(wholeText(), "/etc/spillway", folder.path().string()), "f"));
}

/// The one call or output of this kind that the example shows.
template <class Kind, class List, class Member>
const Kind& shown(const List& list, Member member) {
    std::vector<const Kind*> found;
    for (const auto& element : list)
        if (const auto* kind = std::get_if<Kind>(&(element.*member))) found.push_back(kind);
    INFO("config/spillway.example.yaml shows " << found.size() << " of type " << Kind::word << ", not one");
    REQUIRE(found.size() == 1);
    return *found.front();
}

/// The same of every kind.
template <class... Kinds, class List, class Member>
void checkShown(std::type_identity<std::variant<Kinds...>>, const List& list, Member member) {
    (shown<Kinds>(list, member), ...);
}

void checkCommonDefaults(const Settings& shown) {
    const Settings defaults;
    CHECK(shown.http.listen == defaults.http.listen);
    CHECK(shown.http.cors == defaults.http.cors);
    CHECK(shown.http.trustedProxies == defaults.http.trustedProxies);
    CHECK(shown.http.signedTokens.audience == defaults.http.signedTokens.audience);
    CHECK(shown.webrtc.listen == defaults.webrtc.listen);
    CHECK(shown.webrtc.announce == defaults.webrtc.announce);
    CHECK(shown.webrtc.announceLocal == defaults.webrtc.announceLocal);
    CHECK(shown.webrtc.publishers == defaults.webrtc.publishers);
    CHECK(shown.limits.queueMemory == defaults.limits.queueMemory);
    CHECK(shown.limits.subscribers == defaults.limits.subscribers);
    CHECK(shown.limits.calls == defaults.limits.calls);
    CHECK(shown.limits.tracksPerCall == defaults.limits.tracksPerCall);
    CHECK(shown.metrics.maxSeries == defaults.metrics.maxSeries);
    CHECK(shown.shutdownTimeout == defaults.shutdownTimeout);
    CHECK(shown.log.level == defaults.log.level);
    CHECK(shown.log.format == defaults.log.format);
}

} // namespace

TEST_CASE("the reference configuration loads as it is, and is all defaults") {
    const Settings settings = valid(load(exampleText(), "f"));
    checkCommonDefaults(settings);
    CHECK_FALSE(settings.http.tls);
    CHECK_FALSE(settings.http.hasTokens());
    CHECK(settings.webrtc.iceServers.empty());
    CHECK(settings.calls.empty());
    CHECK(settings.subscriptions.empty());
}

TEST_CASE("the reference configuration names every key and no other") {
    const std::vector<std::string> known = knownKeys();
    REQUIRE(known.size() > 40);
    CHECK(keysOf(wholeText()) == std::set<std::string>(known.begin(), known.end()));
}

TEST_CASE("the known keys are those that are read") {
    const std::vector<std::string> known = knownKeys();
    for (const auto* key :
         {"http.listen", "http.tls.key", "http.tokens.admin", "webrtc.listen", "webrtc.announce",
          "webrtc.ice_servers[].urls", "calls[].join.type", "calls[].join.participants",
          "calls[].join.apisecret", "calls[].linger", "subscriptions[].output.directory",
          "subscriptions[].output.host", "subscriptions[].queue.policy", "shutdown_timeout"})
        CHECK(std::count(known.begin(), known.end(), key) == 1);
    CHECK(std::set<std::string>(known.begin(), known.end()).size() == known.size());
}

TEST_CASE("the reference configuration shows every kind of call and output once") {
    const Settings settings = wholeSettings();
    checkShown(std::type_identity<JoinSettings>(), settings.calls, &CallSettings::join);
    checkShown(std::type_identity<OutputSettings>(), settings.subscriptions, &SubscriptionSettings::output);
}

TEST_CASE("every default that the reference configuration shows is the true one") {
    const Settings settings = wholeSettings();
    checkCommonDefaults(settings);
    REQUIRE(settings.calls.size() == std::variant_size_v<JoinSettings>);
    const CallSettings call;
    CHECK(settings.calls[0].videoCodecs == call.videoCodecs);
    CHECK(settings.calls[0].mediaTimeout == call.mediaTimeout);
    CHECK(settings.calls[0].jitter == call.jitter);
    CHECK(settings.calls[0].unwatched == call.unwatched);
    CHECK(settings.calls[0].restBitrate == call.restBitrate);
    CHECK(settings.calls[0].linger == call.linger);
    const auto join = &CallSettings::join;
    CHECK(shown<WhepJoin>(settings.calls, join).participant == WhepJoin{}.participant);
    CHECK(shown<JanusJoin>(settings.calls, join).display == JanusJoin{}.display);
    const auto& test = shown<TestJoin>(settings.calls, join);
    CHECK(test.participants == TestJoin{}.participants);
    CHECK(test.width == TestJoin{}.width);
    CHECK(test.height == TestJoin{}.height);
    CHECK(test.fps == TestJoin{}.fps);
    CHECK(test.churn == TestJoin{}.churn);
}

TEST_CASE("every default of a subscription that the reference configuration shows is the true one") {
    const Settings settings = wholeSettings();
    REQUIRE(settings.subscriptions.size() == std::variant_size_v<OutputSettings>);
    const SubscriptionSettings& archive = settings.subscriptions[0];
    CHECK(archive.tracks.text() == SubscriptionSettings{}.tracks.text());
    CHECK(std::get<RecordOutput>(archive.output).segment == RecordOutput{}.segment);
    CHECK(std::get<RecordOutput>(archive.output).files == RecordOutput{}.files);
    CHECK(archive.queue.buffers == QueueBounds{}.buffers);
    CHECK(archive.queue.bytes == QueueBounds{}.bytes);
    CHECK(archive.queue.time == QueueBounds{}.time);
    CHECK(archive.queue.policy == QueueBounds{}.policy);
    CHECK(shown<RtpOutput>(settings.subscriptions, &SubscriptionSettings::output).maxTracks ==
          RtpOutput{}.maxTracks);
}

TEST_CASE("the reference configuration shows every source of a secret") {
    const Settings settings = wholeSettings();
    REQUIRE(settings.http.adminToken);
    CHECK(settings.http.adminToken->reveal() == "admin.token");
    REQUIRE(settings.http.publishToken);
    CHECK(settings.http.publishToken->reveal() == "publish.token");
    REQUIRE(settings.http.viewToken);
    CHECK(settings.http.viewToken->reveal() == "view");
    CHECK(settings.http.api.secrets.at("janus-pin").reveal() == "janus.pin");
}
