#include "relay/srtp/rtcp_receiver.h"

#include "relay/base/big_endian.h"
#include "relay/rtp/rtcp.h"
#include "relay/rtp/sender_report.h"

#include <algorithm>

namespace spillway::relay::srtp {

namespace {

constexpr unsigned long receiveWindow = 128;

} // namespace

RtcpReceiver::RtcpReceiver(Profile profile, Bytes key, std::size_t maxSenders)
    : session_(profile, ssrc_any_inbound, key, receiveWindow)
    , maxSenders_(maxSenders) {}

std::size_t RtcpReceiver::unprotect(MutableBytes packet, Clock::time_point now) {
    if (packet.size() < rtp::rtcpHeaderBytes) return 0;
    const std::uint32_t sender = readU32(&packet[4]);
    const std::size_t bytes =
        session_.run(srtp_unprotect_rtcp, packet.data(), packet.size(), rtp::rtcpHeaderBytes);
    if (bytes == 0) return 0;
    if (!admits(sender, now)) {
        session_.forget(sender);
        return 0;
    }
    const auto others = rtp::reportedSources(packet.first(bytes));
    const auto isAdmitted = [&](std::uint32_t source) { return admits(source, now); };
    return others && std::all_of(others->begin(), others->end(), isAdmitted) ? bytes : 0;
}

bool RtcpReceiver::admits(std::uint32_t sender, Clock::time_point now) {
    if (!senders_.contains(sender) && !hasPlace(now)) return false;
    senders_[sender] = now;
    return true;
}

bool RtcpReceiver::hasPlace(Clock::time_point now) {
    if (senders_.size() < maxSenders_) return true;
    const auto oldest = std::min_element(senders_.begin(), senders_.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (now - oldest->second < silence) return false;
    session_.forget(oldest->first);
    senders_.erase(oldest);
    return true;
}

} // namespace spillway::relay::srtp
