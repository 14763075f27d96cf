#include "config/words.h"
#include "daemon/app.h"
#include "daemon/support/routed_server.h"
#include "daemon/version.h"
#include "support/catch.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

using namespace spillway;

namespace {

std::string upperCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

/// `GET /v1/calls`, of the document that the daemon serves.
std::set<std::string> documented() {
    std::set<std::string> operations;
    for (const auto& path : YAML::Load(daemon::http::openapiDocument)["paths"])
        for (const auto& operation : path.second)
            if (operation.first.as<std::string>() != "parameters")
                operations.insert(upperCase(operation.first.as<std::string>()) + " " +
                                  path.first.as<std::string>());
    return operations;
}

std::set<std::string> routed(const daemon::http::Router& router) {
    std::set<std::string> operations;
    for (const auto& route : router.routes())
        operations.insert(route.method + " " + route.pattern);
    return operations;
}

std::string roleOf(daemon::http::Access access) {
    switch (access) {
    case daemon::http::Access::open:
        return "";
    case daemon::http::Access::monitor:
        return "monitor";
    case daemon::http::Access::view:
        return "view";
    case daemon::http::Access::publish:
        return "publish";
    case daemon::http::Access::admin:
        return "admin";
    }
    return "";
}

std::vector<std::string> bodyTypes(const daemon::http::Route& route) {
    std::vector<std::string> types;
    std::istringstream list(route.bodyType);
    for (std::string type; std::getline(list >> std::ws, type, ',');)
        types.push_back(type);
    return types;
}

using Words = std::vector<std::string>;

/// The enum at a dotted path below components.schemas.
Words enumAt(const std::string& path) {
    YAML::Node node = YAML::Load(daemon::http::openapiDocument)["components"]["schemas"];
    std::istringstream keys(path);
    for (std::string key; std::getline(keys, key, '.');)
        node.reset(node[key]);
    return node["enum"].as<Words>(Words{});
}

template <class States>
Words namesOf(const States& states, const char* (*name)(typename States::value_type)) {
    Words names;
    for (const auto state : states)
        names.emplace_back(name(state));
    return names;
}

void checkEnum(const std::string& path, Words words) {
    INFO("daemon/http/openapi.yaml, components.schemas." << path << ".enum");
    Words documented = enumAt(path);
    std::sort(documented.begin(), documented.end());
    std::sort(words.begin(), words.end());
    CHECK(documented == words);
}

config::Settings settings() {
    config::Settings settings;
    settings.http = test::localSettings();
    settings.webrtc.listen = {config::ListenAddress::parseUdp("127.0.0.1:0")};
    return settings;
}

YAML::Node operationOf(const YAML::Node& document, const daemon::http::Route& route) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return document["paths"][route.pattern][method];
}

} // namespace

TEST_CASE("the API document names exactly the routes that exist") {
    relay::Loop loop;
    const daemon::App app(loop, settings(), [] { return settings(); });
    CHECK(documented() == routed(app.router()));
}

TEST_CASE("the API document names the role and the body of every route") {
    relay::Loop loop;
    const daemon::App app(loop, settings(), [] { return settings(); });
    const auto document = YAML::Load(daemon::http::openapiDocument);
    for (const auto& route : app.router().routes()) {
        CAPTURE(route.method, route.pattern);
        const auto operation = operationOf(document, route);
        const auto role = roleOf(route.needs.access);
        CHECK((operation["security"] && operation["security"].size() == 0) == role.empty());
        if (!role.empty()) CHECK(operation["description"].as<std::string>().starts_with("Role: " + role));
        for (const auto& type : bodyTypes(route))
            CHECK(operation["requestBody"]["content"][type].IsDefined());
    }
}

TEST_CASE("the API document says which routes take a token in the URL") {
    relay::Loop loop;
    const daemon::App app(loop, settings(), [] { return settings(); });
    const auto document = YAML::Load(daemon::http::openapiDocument);
    for (const auto& route : app.router().routes()) {
        CAPTURE(route.method, route.pattern);
        const auto operation = YAML::Dump(operationOf(document, route));
        const bool says = operation.find("tokenInUrl") != std::string::npos ||
                          operation.find("parameters/accessToken") != std::string::npos;
        CHECK(says == (route.needs.tokenPlace == daemon::http::TokenPlace::anywhere));
    }
}

TEST_CASE("the API document names every kind of call and output, every policy and every codec") {
    const auto joins = config::wordsOf(std::type_identity<config::JoinSettings>());
    checkEnum("Call.properties.type", joins);
    checkEnum("CallSettings.properties.join.properties.type", joins);
    checkEnum("CallSettings.properties.video.properties.codecs.items", wordsOf(config::videoCodecWords));
    checkEnum("CallSettings.properties.unwatched", wordsOf(config::unwatchedWords));
    const auto outputs = config::wordsOf(std::type_identity<config::OutputSettings>());
    checkEnum("Output.properties.type", outputs);
    checkEnum("Output.properties.files", wordsOf(config::recordFilesWords));
    checkEnum("QueueSettings.properties.policy", wordsOf(config::policyWords));
    checkEnum("Queue.properties.policy", wordsOf(config::policyWords));
    checkEnum("TokenSettings.properties.role", wordsOf(config::tokenRoleWords));
}

TEST_CASE("the API document names every state of calls, tracks and events") {
    const auto calls = namesOf(relay::callStates, relay::callStateName);
    const auto tracks = namesOf(relay::trackStates, relay::trackStateName);
    checkEnum("Call.properties.state", calls);
    checkEnum("AnyTrack.properties.state", tracks);
    Words events{"ended", "attached", "detached", "refused", "dropping", "flowing"};
    events.insert(events.end(), calls.begin(), calls.end());
    events.insert(events.end(), tracks.begin(), tracks.end());
    checkEnum("Event.properties.state", events);
}

TEST_CASE("every reference in the API document leads somewhere") {
    const auto document = YAML::Load(daemon::http::openapiDocument);
    std::size_t references = 0;
    const std::function<void(const YAML::Node&)> visit = [&](const YAML::Node& node) {
        if (node.IsSequence())
            for (const auto& item : node)
                visit(item);
        if (!node.IsMap()) return;
        for (const auto& item : node) {
            if (item.first.as<std::string>() != "$ref") {
                visit(item.second);
                continue;
            }
            ++references;
            const auto target = item.second.as<std::string>(); // #/components/KIND/NAME
            const auto slash = target.rfind('/');
            const auto kind = target.substr(target.find('/', 2) + 1, slash - target.find('/', 2) - 1);
            CAPTURE(target);
            CHECK(document["components"][kind][target.substr(slash + 1)].IsDefined());
        }
    };
    visit(document);
    CHECK(references > 20);
}

TEST_CASE("the API document has the version of the daemon") {
    CHECK(YAML::Load(daemon::http::openapiDocument)["info"]["version"].as<std::string>() ==
          daemon::version());
}
