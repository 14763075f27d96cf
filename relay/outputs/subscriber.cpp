#include "relay/outputs/subscriber.h"

#include <utility>

namespace spillway::relay {

Subscriber::Subscriber(const Track& track, QueueAtTrack::Setup setup, std::shared_ptr<OutputStatus> status)
    : status_(std::move(status))
    , source_(track, std::move(setup)) {}

std::shared_ptr<Subscriber> Subscriber::start(Track& track, Request request,
                                              std::function<void(EndReason)> onClosed) {
    auto status = std::make_shared<OutputStatus>();
    auto output = request.group.open({track.name(), track.kind(), status});
    OutputLoop& loop = request.loops.of(request.group.loopKey());
    const auto id = loop.reserve();
    QueueAtTrack::Setup setup{request.bounds, std::move(request.reservation), request.metrics,
                              [&loop, id] { loop.wake(id); }};
    setup.rendition = request.group.rendition();
    std::shared_ptr<Subscriber> self(new Subscriber(track, std::move(setup), std::move(status)));
    QueueAtTrack& source = self->source_;
    loop.add(
        id, source.queue(), std::move(output), [wish = source.wish()] { wish(WishReason::output); },
        [self, onClosed = std::move(onClosed)](EndReason reason) { onClosed(reason); });
    try {
        source.attach(track);
    } catch (...) {
        source.end(EndReason::unsubscribed);
        throw;
    }
    return self;
}

SubscriberSnapshot Subscriber::snapshot() const {
    return {source_.name(), source_.queue()->bounds(), source_.queue()->stats(), status_->read(),
            drops_.drops()};
}

std::optional<DropWatch::Change> Subscriber::watchDrops(Clock::time_point now) {
    return drops_.look(source_.queue()->stats(), now);
}

} // namespace spillway::relay
