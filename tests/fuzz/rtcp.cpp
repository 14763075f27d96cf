// RTCP of a viewer that has the keys.
#include "fuzz.h"

#include "relay/rtp/feedback.h"

#include <cmath>

using namespace spillway::relay::webrtc;
using spillway::fuzz::require;

namespace {

class Checked : public FeedbackSink {
  public:
    void onReport(const ReceptionReport& report) override {
        require(report.fractionLost >= 0 && report.fractionLost <= 1);
        const auto seconds = roundTrip(report, report.highestSequence); // any clock
        require(!seconds || (std::isfinite(*seconds) && *seconds >= 0));
    }
    void onNack(std::uint32_t /*ssrc*/, std::uint16_t /*sequence*/) override {
        constexpr int most = 256;
        require(++nacks_ <= most);
    }
    void onKeyframeWanted(std::uint32_t /*ssrc*/) override {}
    void onBandwidth(std::uint64_t /*bitsPerSecond*/) override {}
    void onTransportFeedback(const TransportFeedback& feedback) override {
        constexpr std::uint64_t most = 65535; // that the packet can count
        require(std::uint64_t{feedback.received} + feedback.missing <= most);
    }
    void onBye() override {}

  private:
    int nacks_ = 0;
};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Checked sink;
    readFeedback(Bytes(data, size), sink);
    return 0;
}
