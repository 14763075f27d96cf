// A real Janus as a child, with VideoRoom and WebSocket only, and a client that plays the people in its
// rooms: Janus takes "remote publishers" by request, whose streams come and go without any media.
#pragma once

#include "daemon/signalling/janus/session.h"
#include "daemon/support/daemon_process.h"
#include "support/catch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>

namespace spillway::test {

using daemon::janus::Json;

inline std::uint16_t freePort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(fd);
    return ntohs(address.sin_port);
}

class JanusServer {
  public:
    /// `general` is added to that section of janus.jcfg, `rooms` is janus.plugin.videoroom.jcfg.
    explicit JanusServer(relay::Loop& loop, const std::string& general = {}, const std::string& rooms = {})
        : loop_(loop)
        , port_(freePort()) {
        namespace fs = std::filesystem;
        for (const char* name : {"plugins", "transports", "empty"})
            fs::create_directory(folder_.path() / name);
        link("plugins", "libjanus_videoroom.so");
        link("transports", "libjanus_websockets.so");
        const std::string root = folder_.path().string();
        folder_.write("janus.jcfg", "general: {\n configs_folder = \"" + root + "\"\n plugins_folder = \"" +
                                        root + "/plugins\"\n transports_folder = \"" + root +
                                        "/transports\"\n events_folder = \"" + root +
                                        "/empty\"\n loggers_folder = \"" + root +
                                        "/empty\"\n debug_level = 2\n" + general + "}\n");
        folder_.write("janus.transport.websockets.jcfg",
                      "general: {\n json = \"compact\"\n ws = true\n ws_ip = "
                      "\"127.0.0.1\"\n ws_port = " +
                          std::to_string(port_) + "\n}\nadmin: { admin_ws = false }\n");
        folder_.write("janus.plugin.videoroom.jcfg",
                      "room-1234: { description = \"test\"\n publishers = 50\n}\n" + rooms);
        start();
    }
    ~JanusServer() { stop(); }
    JanusServer(const JanusServer&) = delete;
    JanusServer& operator=(const JanusServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }
    void signal(int number) const { ::kill(pid_, number); }

    void start() {
        const std::string configuration = folder_.path().string();
        const std::string log = configuration + "/janus.log";
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                           O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
        std::string words[] = {"janus", "-F", configuration};
        char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
        REQUIRE(::posix_spawnp(&pid_, "janus", &actions, nullptr, argv, environ) == 0);
        ::posix_spawn_file_actions_destroy(&actions);
        REQUIRE(loop_.runUntil([this] { return listens(); }, std::chrono::seconds(20)));
    }
    void stop() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    }

  private:
    void link(const std::string& kind, const std::string& library) const {
        namespace fs = std::filesystem;
        // The folder bears the machine's architecture.
        for (const auto& entry : fs::directory_iterator("/usr/lib"))
            if (const auto file = entry.path() / "janus" / kind / library; fs::exists(file))
                return fs::create_symlink(file, folder_.path() / kind / library);
        FAIL("Debian's janus is not installed");
    }
    bool listens() const {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool connected =
            ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(fd);
        return connected;
    }

    relay::Loop& loop_;
    std::uint16_t port_;
    Folder folder_;
    pid_t pid_ = 0;
};

/// People in a room, by request.
class People {
  public:
    People(relay::Loop& loop, const std::string& url, Json room = 1234)
        : loop_(loop)
        , room_(std::move(room)) {
        config::JanusJoin join;
        join.url = url;
        daemon::janus::SessionEvents events;
        events.onReady = [this] {
            session_->attach(
                [this](const auto& reply) { handle_ = daemon::janus::numberOf(reply.data, "id"); });
        };
        events.onEvent = [](const Json&) {};
        events.onLost = [](const daemon::Loss&) {};
        events.onReclaimed = [] {};
        session_ = std::make_unique<daemon::janus::Session>(
            loop, join, "people", std::make_shared<daemon::janus::Memory>(), events);
        REQUIRE(loop_.runUntil([this] { return handle_ != 0; }, std::chrono::seconds(10)));
    }

    /// A synchronous request about the room.
    Json ask(const std::string& request, Json body = Json::object()) {
        body["request"] = request;
        body["room"] = room_;
        std::optional<daemon::janus::Reply> reply;
        session_->message(handle_, body, {}, [&](const auto& answer) { reply = answer; });
        REQUIRE(loop_.runUntil([&] { return reply.has_value(); }, std::chrono::seconds(10)));
        INFO(request << ": " << reply->reason);
        REQUIRE(reply->error == 0);
        return reply->data;
    }

    /// Publishes; the id of the feed.
    Json come(const std::string& display, const Json& streams) {
        return ask("add_remote_publisher", {{"display", display}, {"streams", streams}}).at("id");
    }
    void change(const Json& id, const Json& streams) {
        ask("update_remote_publisher", {{"id", id}, {"streams", streams}});
    }
    void go(const Json& id) { ask("remove_remote_publisher", {{"id", id}}); }
    /// Everybody, as Janus lists them.
    Json list() { return ask("listparticipants").at("participants"); }
    /// Janus lets a leaving participant go on a thread of its own, some time after it has answered.
    bool becomes(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (list().size() != count)
            if (std::chrono::steady_clock::now() > deadline) return false;
        return true;
    }

    static Json stream(int index, const std::string& type, const std::string& description = {}) {
        Json stream{{"mid", std::to_string(index)},
                    {"mindex", index},
                    {"type", type},
                    {"codec", type == "audio" ? "opus" : "vp8"}};
        if (!description.empty()) stream["description"] = description;
        return stream;
    }
    static Json cameraAndMicrophone() { return Json::array({stream(0, "audio"), stream(1, "video")}); }

  private:
    relay::Loop& loop_;
    Json room_;
    std::unique_ptr<daemon::janus::Session> session_;
    daemon::janus::HandleId handle_ = 0;
};

} // namespace spillway::test
