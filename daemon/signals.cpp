#include "daemon/signals.h"

#include <glib-unix.h>

#include <csignal>

namespace spillway::daemon {

Signal::Signal(int number, std::function<void()> fn) {
    using Fn = std::function<void()>;
    GSource* source = g_unix_signal_source_new(number);
    const GSourceFunc call = [](gpointer data) noexcept -> gboolean {
        (*static_cast<Fn*>(data))();
        return G_SOURCE_CONTINUE;
    };
    const GDestroyNotify release = [](gpointer data) noexcept { delete static_cast<Fn*>(data); };
    g_source_set_callback(source, call, new Fn(std::move(fn)), release);
    g_source_attach(source, nullptr);
    source_ = relay::Source(source);
}

void ignoreBrokenPipes() {
    std::signal(SIGPIPE, SIG_IGN);
}

} // namespace spillway::daemon
