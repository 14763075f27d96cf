#include "relay/ingest/entry.h"

#include "relay/ingest/ingest.h"

namespace spillway::relay::ingest {

Entry::Entry(Loop& loop, Ingest& ingest)
    : loop_(loop)
    , ingest_(ingest)
    , agent_(ingest.candidates(), [&ingest, route = route_](Bytes datagram) {
        if (const auto path = route->path()) ingest.send(*path, datagram);
    }) {}

Entry::~Entry() {
    if (!ufrag_.empty()) ingest_.remove(ufrag_);
}

void Entry::open(const sdp::IceCredentials& ours, const port::IceCredentials& theirs,
                 std::shared_ptr<MediaSink> media) {
    ufrag_ = ours.ufrag;
    const Poster post = loop_.poster(lifetime_);
    ingest_.add({ours, theirs, agent_.source(), std::move(media), route_,
                 [this, post] { post([this] { agent_.reportConnected(); }); },
                 [this, post] { post([this] { agent_.reportFailed(); }); }});
}

} // namespace spillway::relay::ingest
