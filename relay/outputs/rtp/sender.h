// Sends one track as RTP over UDP.
//
// Comes in: RTP packets as the publisher sent them. Goes out: the same payloads under a header of our own, in
// one datagram each, and RTCP sender reports to the next port. CSRCs, header extensions and padding stay
// behind: their meaning was agreed with the publisher. The payload is never copied; nothing blocks. A full
// socket buffer loses the packet. That nobody listens shows in the status; video then waits until somebody
// does, and begins with a keyframe. Owner: OutputLoop. Output loop thread.
#pragma once

#include "relay/base/retry.h"
#include "relay/net/host_lookup.h"
#include "relay/net/udp_socket.h"
#include "relay/outputs/output.h"
#include "relay/outputs/rtp/listener.h"
#include "relay/outputs/rtp/sdp_file.h"
#include "relay/outputs/rtp/slots.h"
#include "relay/rtp/sender_report.h"
#include "relay/rtp/wall_clock.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace spillway::relay {

/// What the senders of a subscription share.
struct RtpSession {
    std::string subscription; ///< for the log
    std::uint16_t port;       ///< of slot 0
    HostLookup host;
    SdpFile sdp;
};

class RtpSender : public Output {
  public:
    RtpSender(std::shared_ptr<RtpSession> session, RtpLease slot, OutputRequest request);

    bool write(const Frame& frame) override;
    void close(EndReason reason) override;
    /// Every ten seconds, since who begins to listen cannot ask for one; at once when that was seen.
    bool wantsKeyframe() override;

  private:
    struct Destination {
        SocketAddress host; ///< as it was found
        SocketAddress address;
        UdpSocket rtp;
        UdpSocket rtcp;
    };

    bool connect(Clock::time_point now);
    void noteSdp();
    void describe(const std::shared_ptr<const StreamFormat>& format);
    bool isHeard(const Frame& frame);
    void lookForListener(Clock::time_point now);
    bool send(const Frame& frame, const rtp::Packet& packet);
    int sendPacket(GstBuffer* buffer, rtp::HeaderBytes& header, const rtp::Packet& packet);
    void report(Clock::time_point now);
    std::optional<rtp::SenderReport> currentReport(Clock::time_point now) const;
    void noteRefused(Clock::time_point now);
    void noteResult(int error, Clock::time_point now);
    void setProblem(const std::string& problem);
    std::string cname() const { return request_.track.participant + "@" + request_.track.call; }

    std::shared_ptr<RtpSession> session_;
    RtpLease slot_;
    OutputRequest request_;
    std::optional<Destination> destination_;
    Retry retry_;

    std::shared_ptr<const StreamFormat> described_; ///< what format_ was read from
    rtp::Format format_;
    rtp::WallClock wallClock_;
    Clock::time_point nextReport_{};
    Clock::time_point newest_{};               ///< arrival of the newest packet …
    Clock::time_point lastKeyframe_{};         ///< … and of the newest of a keyframe
    std::optional<Clock::time_point> refused_; ///< when the host last said that nobody listens
    Listener listener_;                        ///< of video
    std::string problem_;                      ///< of sending, as in the status
    std::string sdpProblem_;
};

} // namespace spillway::relay
