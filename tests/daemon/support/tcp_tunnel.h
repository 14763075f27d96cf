// A port that leads to another one, until it is cut.
#pragma once

#include "daemon/glib/object.h"
#include "support/catch.h"

#include <string>
#include <vector>

namespace spillway::test {

class TcpTunnel {
  public:
    explicit TcpTunnel(std::uint16_t to)
        : to_(to)
        , service_(g_socket_service_new())
        , port_(g_socket_listener_add_any_inet_port(daemon::glib::cast<GSocketListener>(service_.get()),
                                                    nullptr, nullptr)) {
        REQUIRE(port_ != 0);
        g_signal_connect(service_.get(), "incoming", reinterpret_cast<GCallback>(onIncoming), this);
    }
    ~TcpTunnel() {
        g_signal_handlers_disconnect_by_data(service_.get(), this);
        g_socket_service_stop(service_.get());
        g_socket_listener_close(daemon::glib::cast<GSocketListener>(service_.get()));
        cut();
    }
    TcpTunnel(const TcpTunnel&) = delete;
    TcpTunnel& operator=(const TcpTunnel&) = delete;

    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }
    /// Whoever comes from now on is closed at once.
    void refuse(bool refuse) { refuses_ = refuse; }
    /// Ends all that passes through.
    void cut() {
        for (const auto& end : ends_)
            g_socket_shutdown(g_socket_connection_get_socket(end.get()), TRUE, TRUE, nullptr);
        ends_.clear();
    }

  private:
    using End = daemon::glib::Object<GSocketConnection>;

    static gboolean onIncoming(GSocketService*, GSocketConnection* from, GObject*, gpointer self) noexcept {
        auto* tunnel = static_cast<TcpTunnel*>(self);
        if (tunnel->refuses_) {
            g_io_stream_close(daemon::glib::cast<GIOStream>(from), nullptr, nullptr);
            return TRUE;
        }
        const daemon::glib::Object<GSocketClient> client(g_socket_client_new());
        const std::string host = "127.0.0.1:" + std::to_string(tunnel->to_);
        End to(g_socket_client_connect_to_host(client.get(), host.c_str(), 0, nullptr, nullptr));
        if (!to) return TRUE;
        g_io_stream_splice_async(daemon::glib::cast<GIOStream>(from), daemon::glib::cast<GIOStream>(to.get()),
                                 G_IO_STREAM_SPLICE_NONE, G_PRIORITY_DEFAULT, nullptr, nullptr, nullptr);
        tunnel->ends_.push_back(daemon::glib::retain(from));
        tunnel->ends_.push_back(std::move(to));
        return TRUE;
    }

    std::uint16_t to_;
    bool refuses_ = false;
    std::vector<End> ends_;
    daemon::glib::Object<GSocketService> service_;
    std::uint16_t port_;
};

} // namespace spillway::test
