#include "daemon/http/refusal.h"

#include "daemon/http/problem.h"

namespace spillway::daemon::http {

namespace {

/// A limit is reached: room comes when something else ends.
constexpr std::chrono::seconds retryRoomAfter{5};
/// A track comes within a publisher's join.
constexpr std::chrono::seconds retryTrackAfter{2};

} // namespace

Response refusal(const relay::Refused& refused) {
    switch (refused.kind()) {
    case relay::Refused::Kind::duplicate:
        return problem(409, refused.what());
    case relay::Refused::Kind::limit:
        return problem(503, refused.what(), retryRoomAfter);
    case relay::Refused::Kind::invalid:
        break;
    }
    return problem(422, refused.what(), {refused.what()});
}

Response refusal(const relay::ViewRefused& refused) {
    using Kind = relay::ViewRefused::Kind;
    switch (refused.kind()) {
    case Kind::malformed:
        return problem(400, refused.what());
    case Kind::unsupported:
        return problem(406, refused.what());
    case Kind::noTrack:
        return problem(409, refused.what(), retryTrackAfter);
    case Kind::limit:
        return problem(503, refused.what(), retryRoomAfter);
    case Kind::disabled:
        break;
    }
    return problem(404, refused.what());
}

Response refusal(const relay::NegotiationError& error) {
    using Kind = relay::NegotiationError::Kind;
    switch (error.kind) {
    case Kind::malformed:
        return problem(400, error.detail);
    case Kind::unsupported:
        return problem(422, error.detail);
    case Kind::newPeer:
    case Kind::internal:
        break;
    }
    return problem(500, error.detail);
}

} // namespace spillway::daemon::http
