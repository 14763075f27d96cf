#include "daemon/events.h"
#include "config/text.h"
#include "daemon/http/json.h"
#include "daemon/http/problem.h"
#include "daemon/http/resources/resources.h"
#include "daemon/http/resources/scope.h"
#include "daemon/http/resources/time.h"

#include <array>

namespace spillway::daemon::http {

namespace {

constexpr std::size_t maxListeners = 64;
/// Tokens for a part of the node are given away: they leave room for who runs it.
constexpr std::size_t maxOfParts = 32;
constexpr std::chrono::seconds retryAfter{5};
constexpr std::size_t pieceBytes = 16384;

const char* subjectName(relay::Event::Subject subject) {
    static constexpr std::array names{"call", "track", "subscriber"};
    return names.at(static_cast<std::size_t>(subject));
}

/// One event of the stream (HTML, section 9.2); JSON holds no line end but the last.
std::string message(std::uint64_t id, const std::string& type, const Json& data) {
    return "id: " + std::to_string(id) + "\nevent: " + type + "\ndata: " + dump(data) + "\n";
}

std::string message(const EventLog::Entry& entry, Access role) {
    const relay::Event& event = entry.event;
    Json data{{"time", timestamp(entry.time)}, {"call", event.call}};
    if (!event.track.empty()) data["track"] = event.track;
    if (!event.subscription.empty()) data["subscription"] = event.subscription;
    data["state"] = event.state;
    const bool tellsPaths = event.subject == relay::Event::Subject::subscriber && event.state == "refused";
    data["detail"] = tellsPaths && role != Access::admin ? forAdmin : event.detail;
    return message(entry.id, subjectName(event.subject), data);
}

struct EventsFrom {
    std::optional<std::uint64_t> id; ///< the last one that the client has; without it only new ones are sent
    std::chrono::milliseconds keepAlive;
    Caller caller = {}; ///< what lies outside its scope is left out
};

/// What one client follows: the log from a position on, which is all that is kept for it.
class EventSource : public BodySource {
  public:
    EventSource(relay::Loop& loop, EventLog& log, EventsFrom from, const std::function<void()>& wake)
        : log_(log)
        , caller_(std::move(from.caller))
        , position_(from.id.value_or(log.lastId()))
        , listener_(log.listen(wake))
        , beat_(loop.every(from.keepAlive, [this, wake] {
            beatDue_ = true;
            wake();
        })) {}

    std::optional<std::string> next() override {
        std::string piece = std::exchange(greeting_, {});
        for (;;) {
            if (log_.misses(position_)) piece += reset();
            const EventLog::Entry* entry = log_.after(position_);
            if (entry == nullptr || piece.size() >= pieceBytes) break;
            if (isVisible(caller_.scope, entry->event)) piece += message(*entry, caller_.role);
            position_ = entry->id;
        }
        if (std::exchange(beatDue_, false) && piece.empty()) piece = ": keep-alive\n\n";
        return piece;
    }

  private:
    /// The client has missed something and must look for itself.
    std::string reset() {
        position_ = log_.lostId();
        return message(position_, "reset", {{"time", timestamp(std::chrono::system_clock::now())}});
    }

    EventLog& log_;
    const Caller caller_;
    std::uint64_t position_;
    /// So that a client knows its position before the first event.
    std::string greeting_ = "retry: 2000\nid: " + std::to_string(position_) + "\n\n";
    bool beatDue_ = false; ///< something is to be sent, if only that we are there
    std::unique_ptr<EventLog::Listener> listener_;
    relay::Timer beat_;
};

/// A text that is not one of our ids counts as one the log has lost.
std::uint64_t readId(const std::string& text) {
    return number<std::uint64_t>(text).value_or(0);
}

std::optional<std::uint64_t> lastEventId(const Request& request) {
    if (const std::string* sent = request.header("last-event-id")) return readId(*sent);
    const auto asked = request.query.find("last_event_id");
    if (asked == request.query.end()) return std::nullopt;
    return readId(asked->second);
}

Response follow(relay::Loop& loop, EventLog& log, const EventsFrom& from) {
    const std::size_t most = from.caller.scope.isWhole() ? maxListeners : maxOfParts;
    if (log.listeners() >= most)
        return problem(503, std::to_string(most) + " clients already follow the events", retryAfter);
    Response response{200, "text/event-stream"};
    response.with("X-Accel-Buffering", "no"); // nginx would keep events until its buffer is full
    response.stream = [&loop, &log, from](const std::function<void()>& wake) {
        return std::make_unique<EventSource>(loop, log, from, wake);
    };
    return response;
}

} // namespace

void addEvents(Router& router, relay::Loop& loop, EventLog& log, std::chrono::milliseconds keepAlive) {
    router.get("/v1/events", {Access::view, Reach::filtered},
               [&loop, &log, keepAlive](const Request& request) {
                   return follow(loop, log, {lastEventId(request), keepAlive, request.caller});
               });
}

} // namespace spillway::daemon::http
