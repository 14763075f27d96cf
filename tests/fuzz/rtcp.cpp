// RTCP: of a viewer that has the keys, and what we split for SFUs.
#include "fuzz.h"

#include "relay/rtp/bandwidth_message.h"
#include "relay/rtp/feedback.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/rtcp_split.h"
#include "relay/rtp/sender_report.h"

#include <cmath>

using namespace spillway::relay;
using namespace spillway::relay::rtp;
using spillway::fuzz::require;

namespace {

bool isInside(Bytes part, Bytes whole) {
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

struct Checked {
    void operator()(const ReceptionReport& report) const {
        require(report.fractionLost >= 0 && report.fractionLost <= 1);
        const auto seconds = roundTrip(report, report.highestSequence); // any clock
        require(!seconds || (std::isfinite(*seconds) && *seconds >= 0));
    }
    void operator()(const Nack& /*nack*/) { require(++nacks <= maxLost); }
    void operator()(const KeyframeWanted& /*wanted*/) const {}
    void operator()(const Bandwidth& bandwidth) const {
        const auto again = readFeedback(bandwidthMessage(1, {}, bandwidth.bitsPerSecond, {}));
        require(again.size() == 1 &&
                std::get<Bandwidth>(again.front()).bitsPerSecond <= bandwidth.bitsPerSecond);
    }

    std::size_t nacks = 0;
};

void readAll(Bytes bytes) {
    const auto report = readSenderReport(bytes);
    require(!report || (report->ssrc == reportingSender(bytes) && report->cname.size() <= 255));
    const auto packets = readCompound(bytes);
    if (!packets) return;
    std::size_t sum = 0;
    for (const RtcpPacket& packet : *packets) {
        require(isInside(packet.whole, bytes) && isInside(packet.body, packet.whole));
        sum += packet.whole.size();
    }
    require(sum == bytes.size());
}

/// Each part is well-formed and has one feedback message at most; there is nothing left to split.
void split(Bytes bytes) {
    FeedbackSplitter splitter;
    for (const auto& part : splitter.split(bytes)) {
        require(readCompound(part).has_value());
        require(splitter.split(part).empty());
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    Checked checked;
    for (const Feedback& said : readFeedback(bytes))
        std::visit(checked, said);
    readAll(bytes);
    split(bytes);
    return 0;
}
