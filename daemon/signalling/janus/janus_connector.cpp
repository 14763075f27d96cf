#include "daemon/signalling/janus/janus_connector.h"

#include "config/text.h"
#include "daemon/signalling/janus/observer.h"
#include "daemon/signalling/janus/offers.h"
#include "daemon/signalling/janus/roster.h"
#include "daemon/signalling/janus/subscriber.h"
#include "relay/base/log.h"

#include <algorithm>

namespace spillway::daemon::janus {

namespace {

using namespace std::chrono_literals;

constexpr auto leaveDeadline = 2s;
constexpr auto slowLinkPeriod = 1s;

/// Digits are a number for Janus, as in its own configuration.
Json roomOf(const std::string& room) {
    const auto digits = number<std::uint64_t>(room);
    return digits ? Json(*digits) : Json(room);
}

/// What every join holds. A token may be one of Janus or one of the room.
Json joinOf(const config::JanusJoin& join) {
    Json body{{"request", "join"}, {"room", roomOf(join.room)}};
    if (join.pin) body["pin"] = join.pin->reveal();
    if (join.token) body["token"] = join.token->reveal();
    return body;
}

class JanusConnector final : public Connector {
  public:
    JanusConnector(relay::Loop& loop, config::JanusJoin join, std::string call,
                   std::shared_ptr<Memory> memory, ConnectorEvents events)
        : loop_(loop)
        , join_(std::move(join))
        , call_(std::move(call))
        , owner_(std::make_shared<ConnectorEvents>(std::move(events)))
        , memory_(std::move(memory))
        , roster_(memory_->names)
        , offers_([this](SfuOffer offer) { giveOffer(std::move(offer)); }) {}

    void join() override;
    void offer(const std::string&) override {}
    void answer(const std::string& sdp) override;
    void candidate(const std::string& mid, const std::string& candidate) override;
    void want(const relay::LineOwner& track, bool wanted) override;
    bool renew() override;
    void leave(std::function<void()> onLeft) override;

  private:
    SessionEvents sessionEvents();
    ObserverEvents observerEvents();
    SubscriberEvents subscriberEvents();

    void onReclaimed();
    void onEvent(Json message);
    void onJoined(const Json& joined);
    void onNews(const Json& news);
    void readGone(const Json& news);
    void onOffer(const std::string& sdp, bool newPeer);
    void onSlowLink(const Json& message);
    void lose(Loss loss);

    /// Members, owners and wishes follow what the roster now says.
    void update();
    relay::LineOwners owners() const;
    void giveOffer(SfuOffer offer);
    /// In a turn of its own, so that the owner may do anything inside; never after leave() or the end.
    void tell(std::function<void(const ConnectorEvents&)> event);

    relay::Loop& loop_;
    config::JanusJoin join_;
    std::string call_;
    std::shared_ptr<const ConnectorEvents> owner_; ///< empty once no more events may go out
    std::shared_ptr<Memory> memory_;
    Roster roster_;
    Offers offers_;
    std::vector<relay::Member> members_; ///< as last reported
    relay::LineOwners owners_;           ///< as last reported
    bool joined_ = false;
    std::chrono::steady_clock::time_point slowLinkSaid_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<Observer> observer_;
    std::unique_ptr<Subscriber> subscriber_;
    std::optional<relay::Lifetime> audience_{std::in_place};
};

void JanusConnector::join() {
    session_ = std::make_unique<Session>(loop_, join_, call_, memory_, sessionEvents());
    observer_ = std::make_unique<Observer>(loop_, *session_, joinOf(join_), join_.display, observerEvents());
    subscriber_ = std::make_unique<Subscriber>(loop_, *session_, joinOf(join_), subscriberEvents());
}

SessionEvents JanusConnector::sessionEvents() {
    SessionEvents events;
    events.onReady = [this] { observer_->join(); };
    events.onReclaimed = [this] { onReclaimed(); };
    events.onEvent = [this](Json message) { onEvent(std::move(message)); };
    events.onLost = [this](Loss loss) { lose(std::move(loss)); };
    return events;
}

ObserverEvents JanusConnector::observerEvents() {
    ObserverEvents events;
    events.onJoined = [this](const Json& joined) { onJoined(joined); };
    events.onNews = [this](const Json& news) { onNews(news); };
    events.onLost = [this](Loss loss) { lose(std::move(loss)); };
    return events;
}

SubscriberEvents JanusConnector::subscriberEvents() {
    SubscriberEvents events;
    events.onOffer = [this](const std::string& sdp, bool newPeer) { onOffer(sdp, newPeer); };
    events.onRenewed = [this](const std::string& why) {
        log::warn("renewing the janus subscription call={} reason=\"{}\"", call_, why);
        offers_.outdate();
        // Not reported: the tracks wait for the next transport.
        owners_.clear();
    };
    events.onLost = [this](Loss loss) { lose(std::move(loss)); };
    return events;
}

void JanusConnector::onReclaimed() {
    // We missed what happened in the room: a new place in it reports everything.
    observer_->join();
}

void JanusConnector::onEvent(Json message) {
    if (textOf(message, "janus") == "slowlink") onSlowLink(message);
    if (!observer_->handle(message)) subscriber_->handle(message);
}

void JanusConnector::onJoined(const Json& joined) {
    const Streams before = roster_.streams();
    const bool again = std::exchange(joined_, true);
    roster_.reset(joined);
    subscriber_->setPrivateId(at(joined, "private_id"));
    if (!again) {
        log::info("janus joined call={} room={} publishers={}", call_, join_.room, roster_.members().size());
        tell([](const ConnectorEvents& events) { events.onJoined(); });
    }
    if (again) subscriber_->resume(roster_.streams(), before != roster_.streams());
    update();
}

void JanusConnector::onNews(const Json& news) {
    for (const auto& feed : roster_.publish(at(news, "publishers")))
        subscriber_->retry(feed);
    if (at(news, "joining").is_object()) roster_.join(at(news, "joining"));
    if (const std::string moderation = textOf(news, "moderation"); !moderation.empty())
        roster_.moderate({Roster::idOf(at(news, "id")), textOf(news, "mid")}, moderation == "muted");
    readGone(news);
    update();
}

void JanusConnector::readGone(const Json& news) {
    for (const char* key : {"unpublished", "leaving", "kicked"}) {
        const FeedId feed = Roster::idOf(at(news, key));
        if (feed.empty()) continue;
        key == std::string_view("unpublished") ? roster_.unpublish(feed) : roster_.leave(feed);
        // Janus does the same at the same time; its offer that says so comes later.
        subscriber_->forget(feed);
    }
}

void JanusConnector::update() {
    if (auto members = roster_.members(); members != members_) {
        members_ = members;
        tell([members](const ConnectorEvents& events) { events.onMembers(members); });
    }
    if (auto now = owners(); now != owners_) {
        owners_ = now;
        tell([now](const ConnectorEvents& events) { events.onOwners(now); });
    }
    subscriber_->wish(roster_.streams());
}

relay::LineOwners JanusConnector::owners() const {
    relay::LineOwners owners;
    for (const auto& [mid, stream] : subscriber_->lines().carried())
        if (const auto owner = roster_.owner(stream)) owners.emplace(mid, *owner);
    return owners;
}

void JanusConnector::onOffer(const std::string& sdp, bool newPeer) {
    offers_.add({sdp, {}, newPeer}); // giveOffer() fills in the owners
}

void JanusConnector::giveOffer(SfuOffer offer) {
    // Only now: it may have waited, and lines change hands meanwhile.
    offer.owners = owners_ = owners();
    tell([offer = std::move(offer)](const ConnectorEvents& events) { events.onOffer(offer); });
}

void JanusConnector::onSlowLink(const Json& message) {
    const auto now = std::chrono::steady_clock::now();
    if (now - slowLinkSaid_ < slowLinkPeriod) return;
    slowLinkSaid_ = now;
    log::warn("janus reports a slow link call={} mid={} lost={}", call_, textOf(message, "mid"),
              numberOf(message, "lost"));
}

void JanusConnector::answer(const std::string& sdp) {
    if (subscriber_ && offers_.answered()) subscriber_->answer(sdp);
}

void JanusConnector::candidate(const std::string& mid, const std::string& candidate) {
    if (subscriber_) subscriber_->candidate(mid, candidate);
}

void JanusConnector::want(const relay::LineOwner& track, bool wanted) {
    const auto stream = roster_.find(track);
    if (stream && subscriber_) subscriber_->send(*stream, wanted);
}

bool JanusConnector::renew() {
    if (!joined_) return false;
    offers_.clear();
    owners_.clear();
    subscriber_->renew();
    return true;
}

void JanusConnector::lose(Loss loss) {
    if (!owner_) return;
    tell([loss = std::move(loss)](const ConnectorEvents& events) { events.onLost(loss); });
    owner_.reset();
    session_->abandon();
}

void JanusConnector::leave(std::function<void()> onLeft) {
    owner_.reset();
    audience_.emplace(); // what is on its way reaches nobody
    if (!session_) return loop_.post(audience_->guard(std::move(onLeft)));
    observer_->leave();
    session_->destroy(leaveDeadline, std::move(onLeft));
}

void JanusConnector::tell(std::function<void(const ConnectorEvents&)> event) {
    if (!owner_) return;
    // The events are held by themselves: the connector may go inside one.
    loop_.post(audience_->guard([owner = owner_, event = std::move(event)] { event(*owner); }));
}

} // namespace

MakeConnector connectorsOf(relay::Loop& loop, const config::JanusJoin& join, const std::string& call) {
    return [&loop, join, call, memory = std::make_shared<Memory>()](ConnectorEvents events) {
        return std::make_unique<JanusConnector>(loop, join, call, memory, std::move(events));
    };
}

} // namespace spillway::daemon::janus
