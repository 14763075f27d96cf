#include "daemon/signalling/janus/subscriber.h"

#include "daemon/read_json.h"
#include "daemon/signalling/janus/refusal.h"

namespace spillway::daemon::janus {

namespace {

using namespace std::chrono_literals;

constexpr auto retryAfter = 5s;
/// How long Janus may take with the offer that it has promised by `updating`.
constexpr auto promiseDeadline = 5s;

Json toJson(const Streams& streams) {
    Json list = Json::array();
    for (const auto& stream : streams)
        list.push_back({{"feed", readJson(stream.feed)}, {"mid", stream.mid}});
    return list;
}

/// Of those asked for, what this complaint is about: Janus names the feed in brackets. All when it does not.
Streams blamed(const std::string& complaint, const Streams& asked) {
    Streams found;
    for (const auto& stream : asked) {
        const Json feed = readJson(stream.feed);
        const std::string id = feed.is_string() ? feed.get<std::string>() : stream.feed;
        if (complaint.find("(" + id + ")") != std::string::npos) found.insert(stream);
    }
    return found.empty() ? asked : found;
}

Streams without(Streams streams, const Streams& others) {
    for (const auto& stream : others)
        streams.erase(stream);
    return streams;
}

} // namespace

Subscriber::Subscriber(relay::Loop& loop, Session& session, Json join, SubscriberEvents events)
    : loop_(loop)
    , session_(session)
    , join_(std::move(join))
    , events_(std::move(events)) {
    join_["ptype"] = "subscriber";
    join_["use_msid"] = true;
}

void Subscriber::wish(const Streams& streams) {
    wished_ = streams;
    advance();
}

void Subscriber::forget(const FeedId& feed) {
    lines_.forget(feed);
}

void Subscriber::retry(const FeedId& feed) {
    std::erase_if(putOff_, [&](const Stream& stream) { return stream.feed == feed; });
}

void Subscriber::putOff(const Streams& streams) {
    if (streams.empty()) return;
    putOff_.insert(streams.begin(), streams.end());
    retry_ = loop_.after(retryAfter, [this] {
        putOff_.clear();
        advance();
    });
}

void Subscriber::advance() {
    const Streams wished = without(wished_, putOff_);
    if (step_ == Step::absent && !wished.empty()) return attach();
    if (step_ == Step::attached && !wished.empty()) return join(wished);
    if (step_ != Step::idle) return;
    if (const auto wanted = lines_.changeTo(wished); !wanted.empty()) change(wanted);
}

void Subscriber::attach() {
    step_ = Step::attaching;
    session_.attach([this, generation = generation_](const Reply& reply) {
        if (generation == generation_) return onAttached(reply);
        // A later one took its place meanwhile.
        if (reply.error == 0) session_.tell(numberOf(reply.data, "id"), {{"janus", "detach"}});
    });
}

void Subscriber::onAttached(const Reply& reply) {
    if (reply.error != 0) return events_.onLost(refusedRequest("a handle to subscribe with", reply));
    handle_ = numberOf(reply.data, "id");
    step_ = Step::attached;
    advance();
}

void Subscriber::request(Json body, const Json& jsep,
                         void (Subscriber::*then)(const Reply&, const LineChange&), const LineChange& asked) {
    session_.message(handle_, std::move(body), jsep,
                     [this, generation = generation_, then, asked](const Reply& reply) {
                         if (generation == generation_) (this->*then)(reply, asked);
                     });
}

void Subscriber::join(const Streams& streams) {
    step_ = Step::joining;
    Json body = join_;
    body["streams"] = toJson(streams);
    request(std::move(body), {}, &Subscriber::onJoined, {streams, {}});
}

void Subscriber::onJoined(const Reply& reply, const LineChange& asked) {
    if (reply.error == noSuchFeed) {
        step_ = Step::attached;
        return onNoSuchFeed(reply, asked.subscribe);
    }
    if (reply.error != 0 || !reply.jsep.is_object())
        return events_.onLost(refusedRequest("to subscribe", reply));
    onOffer(reply.data, reply.jsep);
}

void Subscriber::onNoSuchFeed(const Reply& reply, const Streams& asked) {
    putOff(blamed(reply.reason, asked));
    advance();
}

void Subscriber::change(const LineChange& wanted) {
    step_ = Step::changing;
    Json body{{"request", "update"}};
    if (!wanted.subscribe.empty()) body["subscribe"] = toJson(wanted.subscribe);
    for (const auto& mid : wanted.unsubscribe)
        body["unsubscribe"].push_back({{"sub_mid", mid}});
    request(std::move(body), {}, &Subscriber::onChanged, wanted);
}

void Subscriber::onChanged(const Reply& reply, const LineChange& asked) {
    if (reply.error == noSuchFeed) {
        if (step_ == Step::changing) step_ = Step::idle;
        return onNoSuchFeed(reply, asked.subscribe);
    }
    if (reply.error != 0) return events_.onLost(refusedRequest("other streams", reply));
    if (reply.jsep.is_object()) return onOffer(reply.data, reply.jsep);
    if (step_ != Step::changing) return; // an offer came in between and holds or precedes our change
    if (textOf(reply.data, "videoroom") == "updating") {
        stuck_ = loop_.after(promiseDeadline, [this] { replace("an offer was promised and did not come"); });
        return;
    }
    // Nothing to change in Janus' eyes: asking again at once would give the same.
    step_ = Step::idle;
    putOff(asked.subscribe);
    lines_.drop(asked.unsubscribe);
    advance();
}

void Subscriber::onOffer(const Json& data, const Json& jsep) {
    stuck_.cancel();
    lines_.read(at(data, "streams"));
    step_ = Step::offered;
    events_.onOffer(textOf(jsep, "sdp"), std::exchange(first_, false));
}

void Subscriber::answer(const std::string& sdp) {
    if (step_ != Step::offered) return;
    step_ = Step::answering;
    request({{"request", "start"}}, {{"type", "answer"}, {"sdp", sdp}}, &Subscriber::onAnswered, {});
    applySends();
}

void Subscriber::onAnswered(const Reply& reply, const LineChange&) {
    if (reply.error != 0) return events_.onLost(refusedRequest("the answer", reply));
    if (step_ == Step::answering) step_ = Step::idle;
    advance();
}

void Subscriber::candidate(const std::string& mid, const std::string& candidate) {
    if (handle_ == 0) return;
    session_.tell(handle_,
                  {{"janus", "trickle"}, {"candidate", {{"sdpMid", mid}, {"candidate", candidate}}}});
}

void Subscriber::send(const Stream& stream, bool wanted) {
    lines_.want(stream, wanted);
    if (step_ >= Step::idle) applySends();
}

void Subscriber::applySends() {
    Json streams = Json::array();
    for (const auto& [mid, send] : lines_.takeSends())
        streams.push_back({{"mid", mid}, {"send", send}});
    if (streams.empty()) return;
    session_.message(handle_, {{"request", "configure"}, {"streams", std::move(streams)}}, {}, {});
}

void Subscriber::renew() {
    // A handle that has not offered anything yet is new enough.
    if (step_ >= Step::attaching && step_ <= Step::joining) return;
    if (handle_ != 0) session_.tell(handle_, {{"janus", "detach"}});
    ++generation_;
    handle_ = 0;
    step_ = Step::absent;
    connected_ = false;
    first_ = true;
    lines_.clear();
    stuck_.cancel();
    advance();
}

void Subscriber::replace(const std::string& why) {
    events_.onRenewed(why);
    renew();
}

void Subscriber::resume(const Streams& streams, bool changed) {
    wished_ = streams;
    if (step_ == Step::absent) return advance();
    const bool settled = step_ == Step::offered || step_ == Step::idle;
    if (changed || !settled) {
        step_ = Step::idle; // what was under way is lost
        return replace("the socket was lost");
    }
    lines_.doubtSends();
    applySends();
    advance();
}

bool Subscriber::handle(Json& message) {
    if (handle_ == 0 || numberOf(message, "sender") != handle_) return false;
    const std::string kind = textOf(message, "janus");
    if (kind == "webrtcup") connected_ = true;
    if (kind == "hangup") onHangup(reasonOf(message, "reason"));
    if (kind == "detached") replace("janus has detached us");
    if (kind != "event") return true;
    const Reply event = readReply(std::move(message));
    // A line's end comes as an offer that nobody asked for.
    if (event.jsep.is_object() && textOf(event.jsep, "type") == "offer") onOffer(event.data, event.jsep);
    return true;
}

void Subscriber::onHangup(const std::string& reason) {
    if (connected_) return replace("janus hung up: " + reason);
    events_.onLost({relay::LostCause::ice, "janus hung up before media passed: " + reason, false, {}});
}

} // namespace spillway::daemon::janus
