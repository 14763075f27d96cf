// The command line of spillwayd. Pure but for reading the arguments; before any thread.
#pragma once

#include "config/settings.h"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace spillway::daemon {

struct CommandLine {
    enum class Action { run, checkConfig, makeToken, version, help };

    Action action = Action::run;
    std::filesystem::path config = "/etc/spillway/spillway.yaml";
    std::vector<std::string> overrides; ///< KEY=VALUE of --set
    std::optional<config::LogLevel> logLevel;
    std::string claims; ///< of --make-token
};

/// What the arguments ask for, or what is wrong with them.
std::variant<CommandLine, std::string> parseCommandLine(const std::vector<std::string>& arguments);

/// The text of --help.
std::string usage();

} // namespace spillway::daemon
