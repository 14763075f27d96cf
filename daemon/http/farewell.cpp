#include "daemon/http/farewell.h"

#include "daemon/http/connections.h"

namespace spillway::daemon::http {

namespace {

constexpr gsize skipAtOnce = 65536;
constexpr gsize skipAtMost = 16'777'216;

struct Farewell {
    FarewellTo client;
    std::string text;
    std::chrono::steady_clock::time_point end;
    gsize skipped = 0;
};

std::string serialize(const Response& response) {
    std::string text =
        "HTTP/1.1 " + std::to_string(response.status) + ' ' + reasonPhrase(response.status) + "\r\n";
    for (const auto& [name, value] : response.headers)
        text.append(name).append(": ").append(value).append("\r\n");
    text += "Content-Type: " + response.contentType + "\r\n";
    text += "Content-Length: " + std::to_string(response.body.size()) + "\r\nConnection: close\r\n\r\n";
    return text + response.body;
}

void skip(std::unique_ptr<Farewell> farewell);

void onSkipped(GObject* input, GAsyncResult* result, gpointer data) noexcept {
    std::unique_ptr<Farewell> farewell(static_cast<Farewell*>(data));
    const gssize count = g_input_stream_skip_finish(glib::cast<GInputStream>(input), result, nullptr);
    if (count <= 0) return;
    farewell->skipped += static_cast<gsize>(count);
    const bool late = std::chrono::steady_clock::now() >= farewell->end;
    if (late || farewell->skipped >= skipAtMost) return resetOnClose(farewell->client.socket.get());
    skip(std::move(farewell));
}

void skip(std::unique_ptr<Farewell> farewell) {
    GInputStream* input = g_io_stream_get_input_stream(farewell->client.stream.get());
    g_input_stream_skip_async(input, skipAtOnce, G_PRIORITY_DEFAULT, nullptr, onSkipped, farewell.release());
}

void onWritten(GObject* output, GAsyncResult* result, gpointer data) noexcept {
    std::unique_ptr<Farewell> farewell(static_cast<Farewell*>(data));
    auto* stream = glib::cast<GOutputStream>(output);
    if (g_output_stream_write_all_finish(stream, result, nullptr, nullptr)) skip(std::move(farewell));
}

} // namespace

void sayFarewell(FarewellTo client, const Response& response, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    auto farewell = std::make_unique<Farewell>(Farewell{std::move(client), serialize(response), end});
    GOutputStream* output = g_io_stream_get_output_stream(farewell->client.stream.get());
    const std::string& text = farewell->text;
    g_output_stream_write_all_async(output, text.data(), text.size(), G_PRIORITY_DEFAULT, nullptr, onWritten,
                                    farewell.release());
}

} // namespace spillway::daemon::http
