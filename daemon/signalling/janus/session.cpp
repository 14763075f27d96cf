#include "daemon/signalling/janus/session.h"

#include "daemon/read_json.h"
#include "daemon/signalling/janus/refusal.h"
#include "relay/base/log.h"

namespace spillway::daemon::janus {

namespace {

using namespace std::chrono_literals;
using Until = Transactions::Until;

constexpr auto connectDeadline = 10s;
constexpr auto requestDeadline = 10s;
constexpr auto reclaimDeadline = 5s;
/// Janus ends a session that has said nothing for 60 s.
constexpr auto keepAlivePeriod = 25s;
/// A socket that is lost sooner after a claim is not worth another one.
constexpr auto steadyAfter = 10s;

Loss lost(std::string detail) {
    return {relay::LostCause::signalling, "janus: " + std::move(detail), false, {}};
}

} // namespace

Session::Session(relay::Loop& loop, const config::JanusJoin& join, std::string call,
                 std::shared_ptr<Memory> memory, SessionEvents events)
    : loop_(loop)
    , join_(join)
    , call_(std::move(call))
    , memory_(std::move(memory))
    , events_(std::move(events))
    , transactions_(loop) {
    connect(connectDeadline);
}

void Session::connect(std::chrono::milliseconds deadline) {
    SocketEvents events;
    events.onOpen = [this] { onOpen(); };
    events.onText = [this](const std::string& text) { onText(text); };
    events.onClosed = [this](const std::string& why) { onClosed(why); };
    Socket::Limits limits;
    limits.connect = deadline;
    socket_ = std::make_unique<Socket>(loop_, join_.url, std::move(events), limits);
}

void Session::onOpen() {
    if (state_ == State::reclaiming) return claim();
    if (memory_->session == 0) return create();
    destroyStale();
}

void Session::onText(const std::string& text) {
    Json message = readJson(text);
    if (message.is_discarded()) return log::warn("janus sent invalid JSON call={}", call_);
    if (transactions_.settle(message) || state_ == State::ended) return;
    if (textOf(message, "janus") == "timeout" && numberOf(message, "session_id") == id_) {
        memory_->session = 0;
        return lose(lost("the session timed out"));
    }
    events_.onEvent(std::move(message));
}

void Session::onClosed(const std::string& why) {
    transactions_.clear();
    if (state_ == State::ended) return destroyed();
    const bool steady = std::chrono::steady_clock::now() - claimedAt_ > steadyAfter;
    if (state_ != State::up || !steady) return lose(lost(why));
    log::warn("janus socket lost call={} reason=\"{}\"", call_, why);
    state_ = State::reclaiming;
    keepAlive_.cancel();
    deadline_ = loop_.after(reclaimDeadline, [this, why] { lose(lost(why)); });
    connect(reclaimDeadline);
}

void Session::destroyStale() {
    // It may be gone: whatever Janus says, we go on.
    request({{"janus", "destroy"}, {"session_id", memory_->session}}, Until::answered,
            [this](const Reply& reply) {
                if (reply.error == Reply::noAnswer)
                    return lose(refusedRequest("the end of the session before", reply));
                memory_->session = 0;
                create();
            });
}

void Session::create() {
    request({{"janus", "create"}}, Until::answered, [this](const Reply& reply) { onCreated(reply); });
}

void Session::onCreated(const Reply& reply) {
    if (reply.error != 0) return lose(refusedJoin("a session", reply));
    id_ = numberOf(reply.data, "id");
    memory_->session = id_;
    state_ = State::up;
    keepAlive_ = loop_.every(keepAlivePeriod, [this] { keepAlive(); });
    events_.onReady();
}

void Session::claim() {
    request(complete("claim", 0, {}), Until::answered, [this](const Reply& reply) { onClaimed(reply); });
}

void Session::onClaimed(const Reply& reply) {
    if (reply.error == noSuchSession) memory_->session = 0;
    if (reply.error != 0) return lose(refusedRequest("the session after its socket was lost", reply));
    deadline_.cancel();
    state_ = State::up;
    claimedAt_ = std::chrono::steady_clock::now();
    keepAlive_ = loop_.every(keepAlivePeriod, [this] { keepAlive(); });
    log::info("janus session reclaimed call={}", call_);
    events_.onReclaimed();
}

void Session::keepAlive() {
    request(complete("keepalive", 0, {}), Until::acknowledged, [this](const Reply& reply) {
        if (reply.error == noSuchSession) memory_->session = 0;
        if (reply.error != 0) lose(refusedRequest("keepalive", reply));
    });
}

void Session::attach(Transactions::Done done) {
    request(complete("attach", 0, {{"plugin", "janus.plugin.videoroom"}}), Until::answered, std::move(done));
}

void Session::message(HandleId handle, Json body, const Json& jsep, Transactions::Done done) {
    Json message{{"body", std::move(body)}};
    if (!jsep.is_null()) message["jsep"] = jsep;
    request(complete("message", handle, std::move(message)), Until::answered, std::move(done));
}

void Session::tell(HandleId handle, Json message) {
    const std::string kind = textOf(message, "janus");
    request(complete(kind.c_str(), handle, std::move(message)), Until::acknowledged, {});
}

void Session::destroy(std::chrono::milliseconds deadline, std::function<void()> done) {
    const bool wasUp = std::exchange(state_, State::ended) == State::up;
    onDestroyed_ = std::move(done);
    keepAlive_.cancel();
    transactions_.clear();
    deadline_ = loop_.after(wasUp ? deadline : 0ms, [this] { destroyed(); });
    if (!wasUp) return;
    request(complete("destroy", 0, {}), Until::answered, [this](const Reply& reply) {
        if (reply.error == Reply::noAnswer) return;
        memory_->session = 0;
        socket_->close();
    });
}

void Session::destroyed() {
    deadline_.cancel();
    if (const auto tellOwner = std::exchange(onDestroyed_, nullptr)) tellOwner();
}

void Session::lose(Loss loss) {
    if (state_ == State::ended) return;
    abandon();
    events_.onLost(std::move(loss));
}

void Session::abandon() {
    if (state_ == State::up && memory_->session == id_) tell(0, {{"janus", "destroy"}});
    state_ = State::ended;
    keepAlive_.cancel();
    deadline_.cancel();
    transactions_.clear();
}

Json Session::complete(const char* kind, HandleId handle, Json message) const {
    message["janus"] = kind;
    message["session_id"] = id_;
    if (handle != 0) message["handle_id"] = handle;
    return message;
}

void Session::request(Json message, Until until, Transactions::Done done) {
    if (join_.token) message["token"] = join_.token->reveal();
    if (join_.apiSecret) message["apisecret"] = join_.apiSecret->reveal();
    message["transaction"] = transactions_.begin(until, requestDeadline, std::move(done));
    socket_->send(dump(message));
}

} // namespace spillway::daemon::janus
