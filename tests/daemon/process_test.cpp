#include "daemon/support/certificate.h"
#include "daemon/support/daemon_process.h"
#include "daemon/support/error_of.h"
#include "daemon/support/http_client.h"
#include "support/catch.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <sstream>

using namespace spillway;
using namespace spillway::test;

namespace {

const std::string anyPort = "http: {listen: 127.0.0.1:0}\nwebrtc: {listen: 127.0.0.1:0}\n";

/// Of the line that says where the daemon listens.
std::uint16_t portOf(DaemonProcess& daemon) {
    const std::string before = "http listening address=127.0.0.1:";
    REQUIRE(daemon.untilOutput("ready calls="));
    return static_cast<std::uint16_t>(
        std::stoi(daemon.output().substr(daemon.output().find(before) + before.size())));
}

Reply get(std::uint16_t port, const std::string& path) {
    HttpConnection connection(port);
    connection.send(requestText("GET", path));
    return connection.receive();
}

} // namespace

TEST_CASE("the flag --version prints three versions, and --help every option") {
    DaemonProcess version({"--version"});
    CHECK(version.exitCode() == 0);
    for (const char* name : {"spillwayd ", "GStreamer 1.", "libnice 0."})
        CHECK(contains(version.output(), name));
    DaemonProcess help({"--help"});
    CHECK(help.exitCode() == 0);
    for (const char* option :
         {"--config", "--check-config", "--make-token", "--set", "--log-level", "--version"})
        CHECK(contains(help.output(), option));
}

TEST_CASE("a wrong argument is exit 1") {
    DaemonProcess daemon({"--nonsense"});
    CHECK(daemon.exitCode() == 1);
    CHECK(contains(daemon.output(), "--nonsense"));
}

TEST_CASE("the flag --check-config is exit 0 for a good configuration") {
    const Folder folder;
    DaemonProcess daemon({"--check-config", "--config", folder.write("a.yaml", anyPort)});
    CHECK(daemon.exitCode() == 0);
}

TEST_CASE("a bad configuration is exit 78 with every problem on a line of its own") {
    const Folder folder;
    const auto file = folder.write(
        "a.yaml", "htp: {}\nshutdown_timeout: 5 parsecs\ncalls: [{name: a b, join: {type: whip}}]\n");
    for (const auto& arguments :
         {std::vector<std::string>{"--config", file}, {"--check-config", "--config", file}}) {
        DaemonProcess daemon(arguments);
        CHECK(daemon.exitCode() == 78);
        CHECK(std::count(daemon.output().begin(), daemon.output().end(), '\n') == 3);
        CHECK(contains(daemon.output(), file + ":1:1: htp: "));
        CHECK(contains(daemon.output(), "did you mean"));
    }
    DaemonProcess missing({"--config", "/nowhere/spillway.yaml"});
    CHECK(missing.exitCode() == 78);
    DaemonProcess override({"--config", folder.write("b.yaml", anyPort), "--set", "limits.calls=many"});
    CHECK(override.exitCode() == 78);
}

TEST_CASE("an address that others can reach is exit 78 while there are no tokens") {
    const Folder folder;
    DaemonProcess daemon({"--config", folder.write("a.yaml", "http: {listen: 0.0.0.0:0}\n")});
    CHECK(daemon.exitCode() == 78);
    CHECK(contains(daemon.output(), "http.listen: 0.0.0.0:0 can be reached by others"));
}

TEST_CASE("an address that is taken is exit 1 with the reason, a directory that cannot be made is told") {
    const Folder folder;
    DaemonProcess first({"--config", folder.write("a.yaml", anyPort)});
    const auto address = "127.0.0.1:" + std::to_string(portOf(first));
    DaemonProcess second({"--config", folder.write("b.yaml", "http: {listen: '" + address +
                                                                 "'}\nwebrtc: {listen: 127.0.0.1:0}\n")});
    CHECK(second.exitCode() == 1);
    CHECK(contains(second.output(), address));
    DaemonProcess third(
        {"--config",
         folder.write("c.yaml", anyPort + "subscriptions:\n  - name: archive\n"
                                          "    output: {type: record, directory: /dev/null/x}\n")});
    const auto port = portOf(third);
    CHECK(third.untilOutput("subscription cannot serve subscriber=archive"));
    CHECK(contains(get(port, "/readyz").body, "subscription archive cannot serve"));
}

TEST_CASE("SIGTERM and SIGINT end the daemon with exit 0, SIGHUP and SIGPIPE do not") {
    const Folder folder;
    for (const int number : {SIGTERM, SIGINT}) {
        DaemonProcess daemon({"--config", folder.write("a.yaml", anyPort)});
        const auto port = portOf(daemon);
        daemon.signal(SIGHUP);
        daemon.signal(SIGPIPE);
        CHECK(daemon.untilOutput("configuration reloaded"));
        CHECK(get(port, "/readyz").status == 200);
        daemon.signal(number);
        CHECK(daemon.exitCode() == 0);
        CHECK(contains(daemon.output(), "stopped"));
    }
}

TEST_CASE("a daemon with a running call and recordings ends in time and closes its files") {
    const Folder folder;
    const auto recordings = folder.path() / "recordings";
    DaemonProcess daemon(
        {"--config",
         folder.write("a.yaml",
                      anyPort +
                          "calls: [{name: demo, join: {type: test, participants: 1}}]\n"
                          "subscriptions:\n  - name: archive\n    output: {type: record, directory: " +
                          recordings.string() + "}\n")});
    REQUIRE(daemon.untilOutput("recording started"));
    daemon.signal(SIGTERM);
    CHECK(daemon.exitCode() == 0);
    CHECK(contains(daemon.output(), "recording finished"));
}

TEST_CASE("without tokens the daemon says so, and logs its worst case of memory") {
    const Folder folder;
    DaemonProcess daemon({"--config", folder.write("a.yaml", anyPort + "limits: {queue_memory: 64MiB}\n")});
    const auto port = portOf(daemon);
    CHECK(contains(daemon.output(), "no tokens"));
    CHECK(contains(daemon.output(), "worst_case_bytes=67108864"));
    CHECK(nlohmann::json::parse(get(port, "/v1/status").body).at("queue_memory").at("worst_case_bytes") ==
          67108864);
}

TEST_CASE("the log has the level of the command line and the format of the settings") {
    const Folder folder;
    const auto file = folder.write("a.yaml", anyPort + "log: {level: error, format: json}\n");
    DaemonProcess quiet({"--config", file, "--set", "http.listen=127.0.0.1:99999"});
    CHECK(quiet.exitCode() == 78);
    DaemonProcess loud({"--config", file, "--log-level", "info"});
    REQUIRE(loud.untilOutput("ready calls="));
    loud.signal(SIGTERM);
    CHECK(loud.exitCode() == 0);
    std::istringstream lines(loud.output());
    for (std::string line; std::getline(lines, line);)
        CHECK(nlohmann::json::parse(line).contains("message"));
}

TEST_CASE("systemd is told ready, stopping, and the watchdog is fed") {
    const Folder folder;
    const auto path = (folder.path() / "notify").string();
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "200000", 1);
    std::string heard;
    const auto hear = [&](const std::string& word) {
        char bytes[512];
        while (heard.find(word) == std::string::npos) {
            const auto count = ::recv(socket, bytes, sizeof bytes, 0);
            if (count <= 0) return false;
            heard.append(bytes, static_cast<std::size_t>(count)).append("\n");
        }
        return true;
    };
    DaemonProcess daemon({"--config", folder.write("a.yaml", anyPort)});
    CHECK(hear("READY=1"));
    CHECK(hear("STATUS=0 calls"));
    heard.clear();
    CHECK(hear("WATCHDOG=1"));
    daemon.signal(SIGTERM);
    CHECK(hear("STOPPING=1"));
    CHECK(daemon.exitCode() == 0);
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket);
}

TEST_CASE("TLS is served with the configured certificate, and only TLS") {
    const Folder folder;
    const auto [certificate, key] = Certificate(folder.path());
    DaemonProcess daemon(
        {"--config",
         folder.write("a.yaml",
                      "webrtc: {listen: 127.0.0.1:0}\nhttp: {listen: 127.0.0.1:0, tls: {certificate: " +
                          certificate + ", key: " + key + "}}\n")});
    const auto address = "127.0.0.1:" + std::to_string(portOf(daemon));
    const std::string curl = "curl -s -m 10 -o /dev/null --cacert " + certificate + " ";
    CHECK(std::system((curl + "-f https://" + address + "/readyz").c_str()) == 0);
    CHECK(std::system((curl + "-f http://" + address + "/readyz").c_str()) != 0);
}
