#include "daemon/command_line.h"

#include <boost/program_options.hpp>

#include <algorithm>
#include <array>
#include <sstream>

namespace spillway::daemon {

namespace {

namespace po = boost::program_options;

po::options_description options() {
    po::options_description options("spillwayd: a media relay for WebRTC calls");
    auto add = options.add_options();
    add("config", po::value<std::string>()->value_name("FILE"),
        ("the configuration file (default " + CommandLine().config.string() + ")").c_str());
    add("check-config", "check the configuration and exit");
    add("set", po::value<std::vector<std::string>>()->value_name("KEY=VALUE")->composing(),
        "override one setting, for example http.listen=[::1]:8080; may be repeated");
    add("log-level", po::value<std::string>()->value_name("LEVEL"), "trace, debug, info, warn or error");
    add("make-token", po::value<std::string>()->value_name("CLAIMS"),
        "sign a token with the first key of http.signed_tokens, print it and exit, for example "
        "'{role: view, call: studio, participant: alice, expires_in: 1h}'");
    add("version", "print the versions and exit");
    add("help", "print this help and exit");
    return options;
}

constexpr std::array<std::pair<const char*, config::LogLevel>, 5> levels{
    {{"trace", config::LogLevel::trace},
     {"debug", config::LogLevel::debug},
     {"info", config::LogLevel::info},
     {"warn", config::LogLevel::warn},
     {"error", config::LogLevel::error}}};

config::LogLevel levelOf(const std::string& name) {
    const auto* found =
        std::find_if(levels.begin(), levels.end(), [&](const auto& level) { return level.first == name; });
    if (found == levels.end())
        throw po::error("--log-level " + name + ": allowed are trace, debug, info, warn, error");
    return found->second;
}

CommandLine read(const po::variables_map& values) {
    CommandLine line;
    if (values.count("config") > 0) line.config = values["config"].as<std::string>();
    if (values.count("set") > 0) line.overrides = values["set"].as<std::vector<std::string>>();
    if (values.count("log-level") > 0) line.logLevel = levelOf(values["log-level"].as<std::string>());
    if (values.count("check-config") > 0) line.action = CommandLine::Action::checkConfig;
    if (values.count("make-token") > 0) {
        line.action = CommandLine::Action::makeToken;
        line.claims = values["make-token"].as<std::string>();
    }
    if (values.count("version") > 0) line.action = CommandLine::Action::version;
    if (values.count("help") > 0) line.action = CommandLine::Action::help;
    return line;
}

} // namespace

std::variant<CommandLine, std::string> parseCommandLine(const std::vector<std::string>& arguments) {
    try {
        po::variables_map values;
        // Every option is written out: an abbreviation would break when another option comes.
        const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
        const po::positional_options_description none;
        const auto known = options();
        po::store(po::command_line_parser(arguments).options(known).positional(none).style(style).run(),
                  values);
        return read(values);
    } catch (const po::error& error) {
        return std::string(error.what());
    }
}

std::string usage() {
    std::ostringstream text;
    text << options();
    return text.str();
}

} // namespace spillway::daemon
