#include "relay/base/loop.h"

#include <glib.h>

#include <algorithm>
#include <atomic>
#include <cassert>

namespace spillway::relay {

namespace {

struct Call {
    std::function<void()> fn;
    bool repeats;
};

/// Orders a post before its call. GLib does that too, but with futexes that ThreadSanitizer does not see.
std::atomic<unsigned> handedOver{0};

gboolean runCall(gpointer data) noexcept {
    handedOver.load(std::memory_order_acquire);
    auto* call = static_cast<Call*>(data);
    // Held across the call: `fn` may cancel its own timer and so destroy what it captured.
    const bool repeats = call->repeats;
    call->fn();
    return repeats ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void deleteCall(gpointer data) noexcept {
    delete static_cast<Call*>(data);
}

/// Attached to `context`; the caller owns a reference.
GSource* attach(GSource* source, GMainContext* context, std::function<void()> fn, bool repeats) {
    g_source_set_callback(source, runCall, new Call{std::move(fn), repeats}, deleteCall);
    handedOver.fetch_add(1, std::memory_order_release);
    g_source_attach(source, context);
    return source;
}

guint milliseconds(std::chrono::milliseconds duration) {
    return static_cast<guint>(std::max<std::int64_t>(0, duration.count()));
}

} // namespace

Loop::Loop()
    : thread_(std::this_thread::get_id())
    , context_(g_main_context_ref(g_main_context_default()))
    , loop_(g_main_loop_new(context_, FALSE)) {}

Loop::~Loop() {
    g_main_loop_unref(loop_);
    g_main_context_unref(context_);
}

void Loop::post(std::function<void()> fn) {
    GSource* source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_unref(attach(source, context_, std::move(fn), false));
}

void Loop::postApart(std::function<void()> fn) {
    assert(onLoop());
    apart_.push_back(std::move(fn));
    if (apart_.size() == 1) post([this] { runApart(); });
}

void Loop::runApart() {
    const auto fn = std::move(apart_.front());
    fn();
    apart_.pop_front();
    if (!apart_.empty()) post([this] { runApart(); });
}

Timer Loop::after(std::chrono::milliseconds delay, std::function<void()> fn) {
    return Timer(attach(g_timeout_source_new(milliseconds(delay)), context_, std::move(fn), false));
}

Timer Loop::every(std::chrono::milliseconds period, std::function<void()> fn) {
    return Timer(attach(g_timeout_source_new(milliseconds(period)), context_, std::move(fn), true));
}

void Loop::run() {
    g_main_loop_run(loop_);
}

void Loop::quit() {
    post([this] { g_main_loop_quit(loop_); });
}

bool Loop::runUntil(const std::function<bool()>& done, std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    // A tick keeps the iteration from sleeping past the deadline, or past a condition that no event
    // announces.
    const Timer tick = every(std::chrono::milliseconds(2), [] {});
    while (!done()) {
        if (std::chrono::steady_clock::now() >= end) return done();
        g_main_context_iteration(context_, TRUE);
    }
    return true;
}

} // namespace spillway::relay
