// A client that speaks HTTP over a raw socket on a thread of its own, while the test turns the loop: it can
// be slow, endless and wrong, which libraries cannot.
#pragma once

#include "relay/base/loop.h"
#include "support/catch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace spillway::test {

struct Reply {
    int status = 0;                             ///< 0: the server closed without a word
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;

    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

/// The path that a relative reference with enough steps up leads to.
inline std::string fromRoot(const std::string& reference) {
    const auto steps = reference.rfind("../");
    return steps == std::string::npos ? reference : reference.substr(steps + 2);
}

/// One connection; every wait ends after ten seconds. The client's thread.
class HttpConnection {
  public:
    explicit HttpConnection(std::uint16_t port)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    explicit HttpConnection(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        connect(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    ~HttpConnection() { ::close(fd_); }
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// False when the server does not take it any more.
    bool send(const std::string& bytes) const {
        for (std::size_t sent = 0; sent < bytes.size();) {
            const auto count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return false;
            sent += static_cast<std::size_t>(count);
        }
        return true;
    }

    /// The next answer; `hasBody` is false for HEAD.
    Reply receive(bool hasBody = true) {
        while (buffer_.find("\r\n\r\n") == std::string::npos)
            if (!more()) return {};
        Reply reply = takeHead();
        const auto length = reply.header("content-length");
        const std::size_t size = hasBody && !length.empty() ? std::stoul(length) : 0;
        while (buffer_.size() < size && more()) {
        }
        reply.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return reply;
    }

    /// Of a body without a length: up to this text, which must come; empty when it does not.
    std::string until(const std::string& text) {
        while (buffer_.find(text) == std::string::npos)
            if (!more()) return {};
        const auto size = buffer_.find(text) + text.size();
        std::string part = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return part;
    }

    /// Any thread: nothing is sent and received any more.
    void shut() const { ::shutdown(fd_, SHUT_RDWR); }

    /// Until the server closes; false when it has not within the socket's time.
    bool closedByServer() {
        while (more()) {
        }
        return atEnd_;
    }

  private:
    void connect(const sockaddr* address, socklen_t size) const {
        const timeval limit{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (::connect(fd_, address, size) != 0) throw std::runtime_error("cannot connect");
    }
    bool more() {
        char bytes[4096];
        const auto count = ::recv(fd_, bytes, sizeof bytes, 0);
        if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
        atEnd_ = count == 0 || (count < 0 && errno == ECONNRESET);
        return count > 0;
    }
    Reply takeHead() {
        const auto end = buffer_.find("\r\n\r\n");
        std::string head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        Reply reply;
        reply.status = std::stoi(head.substr(9, 3));
        for (auto line = head.find("\r\n") + 2; line < head.size();) {
            const auto stop = head.find("\r\n", line);
            addHeader(reply, head.substr(line, stop - line));
            line = stop + 2;
        }
        return reply;
    }
    static void addHeader(Reply& reply, const std::string& line) {
        const auto colon = line.find(':');
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        auto& value = reply.headers[name];
        value += (value.empty() ? "" : ", ") + line.substr(colon + 2);
    }

    int fd_;
    std::string buffer_;
    bool atEnd_ = false;
};

using Headers = std::map<std::string, std::string>;

inline std::string requestText(const std::string& method, const std::string& path,
                               const Headers& headers = {}, const std::string& body = {}) {
    std::string text = method + " " + path + " HTTP/1.1\r\n";
    if (!headers.contains("Host")) text += "Host: 127.0.0.1\r\n";
    for (const auto& [name, value] : headers)
        text.append(name).append(": ").append(value).append("\r\n");
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
}

/// Runs `client` on a thread while the loop turns; gives what it returns, and its exceptions.
template <class Client>
auto whileTurning(relay::Loop& loop, Client client,
                  std::chrono::seconds deadline = std::chrono::seconds(20)) {
    auto result = std::async(std::launch::async, std::move(client));
    const auto done = [&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; };
    if (!loop.runUntil(done, deadline)) FAIL("the client is still waiting");
    return result.get();
}

/// One request on one connection.
inline Reply ask(relay::Loop& loop, std::uint16_t port, const std::string& request) {
    return whileTurning(loop, [=] {
        HttpConnection connection(port);
        connection.send(request);
        return connection.receive(!request.starts_with("HEAD"));
    });
}

} // namespace spillway::test
