#include "relay/track/rendition.h"

#include "relay/track/encoded_rendition.h"
#include "relay/track/input.h"
#include "relay/track/packet_rendition.h"

#include <stdexcept>

namespace spillway::relay {

std::shared_ptr<TrackRendition> makeRendition(Rendition rendition, TrackInput& input) {
    switch (rendition) {
    case Rendition::rtp:
        return std::make_shared<PacketRendition>(input.tee(), input.kind());
    case Rendition::encoded:
        return std::make_shared<EncodedRendition>(input.tee(), input.kind(), input.encoding());
    }
    throw std::logic_error("no such rendition");
}

} // namespace spillway::relay
