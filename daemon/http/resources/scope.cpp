#include "daemon/http/resources/scope.h"

#include "config/text.h"

namespace spillway::daemon::http {

namespace {

/// What the event is about, whole.
Scope targetOf(const relay::Event& event) {
    const auto participantOn = splitAt(event.track, '/').second;
    const auto [participant, source] = splitAt(participantOn, '/');
    return {event.call, std::string(participant), std::string(source)};
}

} // namespace

bool isVisible(const Scope& scope, const relay::Event& event) {
    if (scope.isWhole()) return true;
    return event.subject != relay::Event::Subject::subscriber && scope.covers(targetOf(event));
}

} // namespace spillway::daemon::http
