#include "daemon/run.h"

#include "config/loader.h"
#include "daemon/allocator.h"
#include "daemon/app.h"
#include "daemon/command_line.h"
#include "daemon/http/access_control.h"
#include "daemon/http/certificate.h"
#include "daemon/http/signed_tokens.h"
#include "daemon/logging.h"
#include "daemon/version.h"
#include "relay/base/log.h"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

namespace spillway::daemon {

namespace {

using Problems = std::vector<config::Problem>;

std::optional<std::string> certificateProblem(const config::HttpSettings& settings) {
    if (!settings.tls) return std::nullopt;
    try {
        http::loadCertificate(*settings.tls);
        return std::nullopt;
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

/// Settings that are valid one by one, but not together, and files that are there, but of no use.
Problems jointProblems(const config::Settings& settings, const std::string& file) {
    Problems problems;
    if (auto why = certificateProblem(settings.http)) problems.push_back({file, 0, 0, "http.tls", *why});
    for (const auto& why : http::exposureProblems(settings.http))
        problems.push_back({file, 0, 0, "http.listen", why});
    if (auto why = http::corsProblem(settings.http)) problems.push_back({file, 0, 0, "http.cors", *why});
    return problems;
}

/// The file as it is now, overridden by the command line.
config::Loaded<config::Settings> loadSettings(const CommandLine& line) {
    auto loaded = config::loadFile(line.config, line.overrides);
    if (auto* settings = std::get_if<config::Settings>(&loaded)) {
        if (auto problems = jointProblems(*settings, line.config.string()); !problems.empty())
            return problems;
        settings->log.level = line.logLevel.value_or(settings->log.level);
    }
    return loaded;
}

ExitCode runApp(const config::Settings& settings, const CommandLine& line) {
    limitArenas();
    setUpLogging(settings.log);
    ignoreBrokenPipes();
    try {
        relay::Loop loop;
        App app(loop, settings, [&line] { return loadSettings(line); });
        const ExitCode code = app.run();
        // Something hangs, and the destructors would wait for it for ever.
        if (code != exitOk) std::_Exit(code);
        return code;
    } catch (const std::exception& error) {
        log::error("cannot run error=\"{}\"", error.what());
        return exitFailure;
    }
}

void print(const Problems& problems) {
    for (const auto& problem : problems)
        std::cerr << problem.text() << '\n';
}

/// The token alone goes to stdout.
ExitCode makeToken(const config::SignedTokenSettings& settings, const std::string& claims) {
    const http::SignedTokens tokens(settings);
    const auto wanted = config::loadToken(claims, "--make-token");
    if (!tokens.canSign()) {
        std::cerr << "http.signed_tokens.keys is empty: there is no key to sign with\n";
        return exitFailure;
    }
    if (const auto* problems = std::get_if<Problems>(&wanted)) {
        print(*problems);
        return exitFailure;
    }
    std::cout << tokens.make(std::get<config::TokenSettings>(wanted), std::chrono::system_clock::now()).text
              << '\n';
    return exitOk;
}

ExitCode act(const CommandLine& line) {
    const auto loaded = loadSettings(line);
    if (const auto* problems = std::get_if<Problems>(&loaded)) {
        print(*problems);
        return exitConfiguration;
    }
    const auto& settings = std::get<config::Settings>(loaded);
    if (line.action == CommandLine::Action::run) return runApp(settings, line);
    if (line.action == CommandLine::Action::makeToken)
        return makeToken(settings.http.signedTokens, line.claims);
    std::cout << line.config.string() << ": ok\n";
    return exitOk;
}

} // namespace

ExitCode run(const std::vector<std::string>& arguments) {
    const auto parsed = parseCommandLine(arguments);
    if (const auto* error = std::get_if<std::string>(&parsed)) {
        std::cerr << "spillwayd: " << *error << "; see --help\n";
        return exitFailure;
    }
    const auto& line = std::get<CommandLine>(parsed);
    switch (line.action) {
    case CommandLine::Action::help:
        std::cout << usage();
        return exitOk;
    case CommandLine::Action::version:
        std::cout << versionText();
        return exitOk;
    default:
        return act(line);
    }
}

} // namespace spillway::daemon
