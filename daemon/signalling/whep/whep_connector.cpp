#include "daemon/signalling/whep/whep_connector.h"

#include "daemon/signalling/http_session/link.h"
#include "daemon/signalling/http_session/media_types.h"
#include "daemon/signalling/http_session/trickle.h"
#include "daemon/signalling/whep/line_owners.h"
#include "daemon/signalling/whep/requester.h"
#include "daemon/signalling/whep/url.h"
#include "relay/base/log.h"

#include <utility>

namespace spillway::daemon::whep {

namespace {

constexpr std::chrono::milliseconds optionsDeadline{4000};
constexpr std::chrono::milliseconds leaveDeadline{2000};

using http_session::sdpType;
using http_session::trickleType;

constexpr unsigned notFound = 404;
constexpr unsigned notAcceptable = 406;
constexpr unsigned gone = 410;

Loss lossBecause(std::string detail) {
    Loss loss;
    loss.detail = std::move(detail);
    return loss;
}

/// What the server made for us by POST.
struct Session {
    std::string url;
    std::string etag; ///< of its ICE session; may be empty
};

class WhepConnector : public Connector {
  public:
    WhepConnector(relay::Loop& loop, const config::WhepJoin& join, std::string call, ConnectorEvents events)
        : loop_(loop)
        , join_(join)
        , call_(std::move(call))
        , events_(std::move(events))
        , requester_(loop, join) {}

    void join() override;
    void offer(const std::string& sdp) override;
    void answer(const std::string& sdp) override;
    void candidate(const std::string& mid, const std::string& candidate) override;
    void want(const relay::LineOwner&, bool) override {}
    bool renew() override { return false; }
    void leave(std::function<void()> onLeft) override;

  private:
    /// Moves forward only, from posted to joined directly when there is no counter-offer.
    enum class State { asking, offering, posted, countered, answered, joined, over, leaving };

    using Reply = http::ClientReply;
    using Handler = void (WhepConnector::*)(const Reply&);

    http::ClientRequest sessionRequest(const char* method, const char* type, std::string body) const;
    void sendToSession(http::ClientRequest request, Handler handler);

    void onOptions(const Reply& reply);
    void onPosted(const Reply& reply, const std::string& url);
    void onAnswered(const Reply& reply);
    void onTrickled(const Reply& reply);
    void takeSession(const Reply& reply, const std::string& url);
    void takeAnswer(const Reply& reply);
    void takeCounterOffer(const Reply& reply);
    void joined();
    void trickle();
    void remove();
    void left();
    void lose(const Loss& loss);

    relay::Loop& loop_;
    config::WhepJoin join_;
    std::string call_;
    ConnectorEvents events_;
    Requester requester_;
    State state_ = State::asking;
    std::optional<Session> session_;
    http_session::Trickle trickle_;
    bool isTrickling_ = false; ///< a PATCH with candidates is on its way
    bool mayTrickle_ = true;   ///< until the server says that it does not take it
    std::function<void()> onLeft_;
    relay::Timer leaving_;
    relay::Lifetime lifetime_;
};

/// A server that cannot be reached, or is frozen, is known before a peer is made, and before a POST waits in
/// its socket that would become a session nobody knows of. Whatever it says to OPTIONS, the POST decides.
void WhepConnector::join() {
    requester_.send({"OPTIONS", join_.url, {}, {}, {}}, optionsDeadline,
                    [this](const Reply& reply, const std::string&) { onOptions(reply); });
}

void WhepConnector::onOptions(const Reply& reply) {
    if (state_ != State::asking) return;
    if (reply.status == 0) return lose(lossOf(reply));
    state_ = State::offering;
    const std::string* link = reply.header("link");
    events_.onOfferWanted(link == nullptr ? std::vector<config::IceServer>{}
                                          : http_session::iceServers(*link));
}

void WhepConnector::offer(const std::string& sdp) {
    if (state_ != State::offering) return;
    state_ = State::posted;
    trickle_.describe(sdp);
    requester_.send({"POST", join_.url, {}, sdpType, sdp},
                    [this](const Reply& reply, const std::string& url) { onPosted(reply, url); });
}

/// Also while leaving: a session that was made meanwhile is removed.
void WhepConnector::onPosted(const Reply& reply, const std::string& url) {
    const bool counters = reply.status == notAcceptable && holdsSdp(reply);
    if (isSuccess(reply.status) || counters) takeSession(reply, url);
    if (state_ == State::leaving) return session_ ? remove() : left();
    if (isSuccess(reply.status)) return takeAnswer(reply);
    counters&& session_ ? takeCounterOffer(reply) : lose(lossOf(reply));
}

void WhepConnector::takeSession(const Reply& reply, const std::string& url) {
    const std::string* location = reply.header("location");
    const auto session = location == nullptr ? std::nullopt : resolved(url, *location);
    const std::string* etag = reply.header("etag");
    if (session) session_ = Session{*session, etag == nullptr ? "" : *etag};
}

/// Without a session to DELETE or PATCH the end of DTLS says that we left, and our checks tell our
/// candidates.
void WhepConnector::takeAnswer(const Reply& reply) {
    if (!holdsSdp(reply)) return lose(lossOf(reply));
    if (!session_)
        log::warn(
            "server names no session that could be ended call={} error=\"{} without a usable Location\"",
            call_, reply.status);
    mayTrickle_ = session_.has_value();
    const auto alive = lifetime_.token();
    events_.onAnswer(reply.body, ownersOfOurOffer(join_.participant));
    if (!alive.expired() && state_ == State::posted) joined();
}

void WhepConnector::takeCounterOffer(const Reply& reply) {
    state_ = State::countered;
    events_.onOffer({reply.body, ownersOf(reply.body, join_.participant), true});
}

void WhepConnector::answer(const std::string& sdp) {
    if (state_ != State::countered) return;
    state_ = State::answered;
    trickle_.describe(sdp);
    sendToSession(sessionRequest("PATCH", sdpType, sdp), &WhepConnector::onAnswered);
}

void WhepConnector::onAnswered(const Reply& reply) {
    if (state_ != State::answered) return;
    if (!isSuccess(reply.status)) return lose(lossOf(reply));
    joined();
}

void WhepConnector::joined() {
    const auto alive = lifetime_.token();
    state_ = State::joined;
    events_.onJoined();
    if (alive.expired() || state_ != State::joined) return;
    events_.onMembers({{join_.participant, join_.participant}});
    if (!alive.expired()) trickle();
}

http::ClientRequest WhepConnector::sessionRequest(const char* method, const char* type,
                                                  std::string body) const {
    http::ClientRequest request{method, session_->url, {}, type, std::move(body)};
    if (!session_->etag.empty()) request.headers.emplace_back("If-Match", session_->etag);
    return request;
}

void WhepConnector::sendToSession(http::ClientRequest request, Handler handler) {
    requester_.send(std::move(request), [this, handler](const Reply& reply, const std::string&) {
        const std::string* etag = reply.header("etag");
        if (session_ && isSuccess(reply.status) && etag != nullptr) session_->etag = *etag;
        (this->*handler)(reply);
    });
}

void WhepConnector::candidate(const std::string& mid, const std::string& candidate) {
    trickle_.add(mid, candidate);
    trickle();
}

/// One PATCH at a time, so that candidates arrive in order; those that come meanwhile share the next.
void WhepConnector::trickle() {
    if (state_ != State::joined || isTrickling_ || !mayTrickle_ || trickle_.empty()) return;
    isTrickling_ = true;
    sendToSession(sessionRequest("PATCH", trickleType, trickle_.take()), &WhepConnector::onTrickled);
}

void WhepConnector::onTrickled(const Reply& reply) {
    isTrickling_ = false;
    if (state_ != State::joined) return;
    if (reply.status == notFound || reply.status == gone)
        return lose(lossBecause("the server has ended the session"));
    mayTrickle_ = isSuccess(reply.status);
    if (!mayTrickle_)
        log::info("server refused our candidates call={} error=\"{}\"", call_, lossOf(reply).detail);
    trickle();
}

void WhepConnector::leave(std::function<void()> onLeft) {
    onLeft_ = std::move(onLeft);
    const bool mayBecomeSession = state_ == State::posted;
    state_ = State::leaving;
    leaving_ = loop_.after(leaveDeadline, [this] { left(); });
    if (session_) return remove();
    if (!mayBecomeSession) loop_.post(lifetime_.guard([this] { left(); }));
}

void WhepConnector::remove() {
    const std::string url = std::exchange(session_, std::nullopt)->url;
    requester_.send({"DELETE", url, {}, {}, {}}, leaveDeadline,
                    [this](const Reply&, const std::string&) { left(); });
}

void WhepConnector::left() {
    leaving_.cancel();
    if (const auto onLeft = std::exchange(onLeft_, nullptr)) onLeft();
}

void WhepConnector::lose(const Loss& loss) {
    state_ = State::over;
    events_.onLost(loss);
}

} // namespace

MakeConnector connectorsOf(relay::Loop& loop, const config::WhepJoin& join, const std::string& call) {
    return [&loop, join, call](ConnectorEvents events) {
        return std::make_unique<WhepConnector>(loop, join, call, std::move(events));
    };
}

} // namespace spillway::daemon::whep
