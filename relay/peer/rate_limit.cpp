#include "relay/peer/rate_limit.h"

#include "relay/peer/rtpbin.h"
#include "relay/rtp/bandwidth_message.h"

#include <algorithm>

namespace spillway::relay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{100};
constexpr milliseconds longestOfEnd{1000};
constexpr milliseconds longest{4000};
/// While a limit holds, which is then what tells the sender its rate; libwebrtc reports every 50 to 250 ms.
constexpr milliseconds arrivalsPeriod{250};

} // namespace

RateLimit::RateLimit(Loop& loop, GstElement* webrtcbin, std::shared_ptr<RtcpExit> exit)
    : loop_(loop)
    , rtpbin_(rtpbinOf(webrtcbin))
    , exit_(std::move(exit)) {}

void RateLimit::set(std::optional<std::uint64_t> limit) {
    if (limit == limit_) return;
    limit_ = limit;
    reportArrivals(rtpbin_.get(), limit ? std::optional(arrivalsPeriod) : std::nullopt);
    distance_ = shortest;
    tell();
}

void RateLimit::tell() {
    const bool told = exit_->send([this](std::uint32_t sender, Bytes description) {
        return rtp::bandwidthMessage(sender, description, limit_.value_or(rtp::unlimited), ssrcs_);
    });
    timer_.cancel();
    if (!limit_ && distance_ > longestOfEnd) return;
    timer_ = loop_.after(std::min(distance_, longest), [this] { tell(); });
    if (told) distance_ = std::min(distance_ * 2, longest * 2);
}

} // namespace spillway::relay
