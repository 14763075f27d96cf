#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/scope.h"
#include "daemon/http/resources/time.h"
#include "relay/values/queue_fill.h"

#include <fmt/core.h>

namespace spillway::daemon::http {

namespace {

constexpr const char* head = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>Spillway</title><style>
body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%;margin-bottom:2em}
th,td{text-align:left;padding:.3em .6em;border-bottom:1px solid #ddd}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
</style></head><body><h1>Spillway</h1>
)";

/// g_markup_escape_text() is for XML: it makes `&apos;`, and references to characters that HTML forbids.
std::string escape(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
        case '&':
            safe += "&amp;";
            break;
        case '<':
            safe += "&lt;";
            break;
        case '>':
            safe += "&gt;";
            break;
        case '"':
            safe += "&quot;";
            break;
        case '\'':
            safe += "&#39;";
            break;
        default:
            safe += c;
        }
    }
    return safe;
}

std::string callRows(const relay::Snapshot& snapshot) {
    std::string rows;
    for (const auto& call : snapshot.calls) {
        std::string names;
        for (const auto& one : call.participants)
            names += (names.empty() ? "" : ", ") + escape(one.display.empty() ? one.name : one.display);
        rows += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td class=n>{}\n", escape(call.name),
                            escape(call.type), relay::callStateName(call.state), names, call.peers);
    }
    return rows;
}

std::string watchLink(const relay::TrackName& name) {
    return fmt::format("<a href=\"watch/{}/{}?source={}\">{}</a>", escape(name.call),
                       escape(name.participant), escape(name.source), escape(name.text()));
}

std::string trackRows(const relay::Snapshot& snapshot) {
    std::string rows;
    for (const auto& track : snapshot.tracks)
        rows += fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td class=n>{}<td class=n>{}<td class=n>{}\n",
                            watchLink(track.name), escape(track.codec), relay::trackStateName(track.state),
                            track.draining ? "drained" : "watched", track.subscribers, track.receivedPackets,
                            track.lostPackets);
    return rows;
}

std::string troubleOf(const relay::SubscriberSnapshot& subscriber, Access role) {
    if (!subscriber.status.error.empty()) return role == Access::admin ? subscriber.status.error : forAdmin;
    return subscriber.drops ? "too slow: drops frames" : "";
}

std::string branchRows(const relay::Snapshot& snapshot, Access role) {
    std::string rows;
    for (const auto& subscription : snapshot.subscriptions)
        for (const auto& one : subscription.subscribers)
            rows += fmt::format("<tr><td>{}<td>{}<td>{}<td class=n>{:.0f} %<td class=n>{} / {}<td "
                                "class=n>{} / {}<td class=n>{}<td class=n>{}<td>{}\n",
                                escape(subscription.name), config::outputName(subscription.output),
                                escape(one.track.text()), 100 * relay::queueFill(one.queue, one.bounds),
                                one.queue.queuedBuffers, one.bounds.buffers, one.queue.queuedBytes,
                                one.bounds.bytes, one.queue.delivered, one.queue.droppedTotal(),
                                escape(troubleOf(one, role)));
    return rows;
}

std::string page(const relay::Snapshot& snapshot, const StatusFacts& facts, Access role) {
    return fmt::format(
        "{}<p>{} on GStreamer {}, since {}. Queues may hold {} of {} bytes.</p>\n"
        "<h2>Calls</h2><table><tr><th>call<th>type<th>state<th>participants<th class=n>peers\n{}</table>\n"
        "<h2>Tracks</h2><table><tr><th>track<th>codec<th>state<th><th class=n>subscribers"
        "<th class=n>packets<th class=n>lost\n{}</table>\n"
        "<h2>Subscribers</h2><table><tr><th>subscription<th>output<th>track<th class=n>full"
        "<th class=n>buffers<th class=n>bytes<th class=n>delivered<th "
        "class=n>dropped<th>trouble\n{}</table></body></html>\n",
        head, escape(facts.version), escape(facts.gstreamer), timestamp(facts.started), snapshot.queueMemory,
        snapshot.queueMemoryLimit, callRows(snapshot), trackRows(snapshot), branchRows(snapshot, role));
}

} // namespace

void addPage(Router& router, const SnapshotSource& snapshot, const StatusFacts& facts) {
    router.get("/", Access::view, [=](const Request& request) {
        return Response{200, "text/html; charset=utf-8", page(snapshot(), facts, request.caller.role)}.with(
            "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    });
}

} // namespace spillway::daemon::http
