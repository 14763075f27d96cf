#include "daemon/read_json.h"

#include "daemon/signalling/janus/transactions.h"
#include "support/catch.h"

#include <string>

using namespace spillway::daemon;

namespace {

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("JSON that nests deeper than 64 is refused, and what only looks so is read") {
    CHECK_FALSE(readJson(nested(64)).is_discarded());
    CHECK(readJson(nested(65)).is_discarded());
    CHECK(readJson(std::string(200'000, '[')).is_discarded());
    CHECK(readJson(R"({"data":)" + nested(200'000) + "}").is_discarded());
    const std::string text = "[\"" + std::string(100, '[') + R"(\")" + std::string(100, '{') + "\"]";
    CHECK(readJson(text).is_array());
    CHECK(readJson("no JSON").is_discarded());
}

TEST_CASE("a reply of Janus is taken out of the message, not copied") {
    nlohmann::json message{{"janus", "event"},
                           {"jsep", {{"type", "offer"}}},
                           {"plugindata", {{"data", {{"list", nlohmann::json::array({1, 2})}}}}}};
    const auto* list = message["plugindata"]["data"]["list"].get_ptr<const nlohmann::json::array_t*>();
    const auto reply = janus::readReply(std::move(message));
    CHECK(reply.data["list"].get_ptr<const nlohmann::json::array_t*>() == list);
    CHECK(reply.jsep["type"] == "offer");
}
