#include "daemon/signalling/janus/observer.h"

#include "daemon/signalling/janus/refusal.h"

namespace spillway::daemon::janus {

namespace {

using namespace std::chrono_literals;

/// Janus 1.1.2 still walks through the room when it says that we are out: a session that ends at that moment
/// can crash it, for everybody.
constexpr auto untilDone = 500ms;

} // namespace

Observer::Observer(relay::Loop& loop, Session& session, Json join, const std::string& display,
                   ObserverEvents events)
    : loop_(loop)
    , session_(session)
    , join_(std::move(join))
    , events_(std::move(events)) {
    join_["ptype"] = "publisher";
    join_["display"] = display;
}

void Observer::join() {
    if (handle_ != 0) session_.tell(std::exchange(handle_, 0), {{"janus", "detach"}});
    session_.attach([this](const Reply& reply) { onAttached(reply); });
}

void Observer::leave() {
    if (handle_ != 0) session_.message(handle_, {{"request", "leave"}}, {}, {});
}

void Observer::onAttached(const Reply& reply) {
    if (reply.error != 0) return events_.onLost(refusedJoin("a handle", reply));
    handle_ = numberOf(reply.data, "id");
    session_.message(handle_, join_, {}, [this](const Reply& answer) { onAnswer(answer); });
}

void Observer::onAnswer(const Reply& reply) {
    if (reply.error != 0) return events_.onLost(refusedJoin("the room", reply));
    events_.onJoined(reply.data);
}

bool Observer::handle(Json& message) {
    if (handle_ == 0 || numberOf(message, "sender") != handle_) return false;
    const std::string kind = textOf(message, "janus");
    if (kind == "detached")
        lose("janus has detached us", false);
    else if (kind == "event")
        onEvent(readReply(std::move(message)).data);
    return true;
}

void Observer::onEvent(const Json& data) {
    if (textOf(data, "videoroom") == "destroyed") return loseForGood("the room was destroyed");
    // Of others Janus says `kicked`.
    if (textOf(data, "reason") == "kicked") return loseForGood("we were kicked");
    events_.onNews(data);
}

void Observer::loseForGood(const std::string& detail) {
    if (!end_) end_ = loop_.after(untilDone, [this, detail] { lose(detail, true); });
}

void Observer::lose(const std::string& detail, bool final) {
    events_.onLost({relay::LostCause::signalling, "janus: " + detail, final, {}});
}

} // namespace spillway::daemon::janus
