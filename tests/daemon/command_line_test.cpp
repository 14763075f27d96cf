#include "daemon/command_line.h"
#include "support/catch.h"

using namespace spillway;
using namespace spillway::daemon;

namespace {

CommandLine lineOf(const std::vector<std::string>& arguments) {
    const auto parsed = parseCommandLine(arguments);
    INFO((std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : ""));
    REQUIRE(std::holds_alternative<CommandLine>(parsed));
    return std::get<CommandLine>(parsed);
}

} // namespace

TEST_CASE("without arguments the daemon runs with the system's configuration") {
    const auto line = lineOf({});
    CHECK(line.action == CommandLine::Action::run);
    CHECK(line.config == "/etc/spillway/spillway.yaml");
    CHECK(line.overrides.empty());
    CHECK_FALSE(line.logLevel);
}

TEST_CASE("every option is understood") {
    const auto line =
        lineOf({"--config", "a.yaml", "--set", "a=1", "--set=b=2", "--log-level", "debug", "--check-config"});
    CHECK(line.config == "a.yaml");
    CHECK(line.overrides == std::vector<std::string>{"a=1", "b=2"});
    CHECK(line.logLevel == config::LogLevel::debug);
    CHECK(line.action == CommandLine::Action::checkConfig);
    const auto token = lineOf({"--make-token", "{role: view, expires_in: 1h}"});
    CHECK(token.action == CommandLine::Action::makeToken);
    CHECK(token.claims == "{role: view, expires_in: 1h}");
    CHECK(lineOf({"--version"}).action == CommandLine::Action::version);
    CHECK(lineOf({"--help"}).action == CommandLine::Action::help);
}

TEST_CASE("what is no option is an error that names it") {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--nonsense"},
                                                                       {"stray"},
                                                                       {"--conf", "a"},
                                                                       {"--config"},
                                                                       {"--log-level", "loud"},
                                                                       {"--version=1"}}) {
        CAPTURE(arguments);
        const auto parsed = parseCommandLine(arguments);
        REQUIRE(std::holds_alternative<std::string>(parsed));
        CHECK_FALSE(std::get<std::string>(parsed).empty());
    }
}
