// A synthetic participant: moving picture with a running clock and frame number, and a tone, sent by a
// webrtcbin of its own that offers. The embedded default of the demo and the source of tests and benchmarks.
//
// Comes in: an answer, camera on and off. Goes out: an offer, then RTP over ICE and DTLS on loopback.
// Owner: the test connector or a test. Loop thread.
#pragma once

#include "config/settings.h"
#include "relay/base/loop.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace spillway::relay {

struct PublisherSettings {
    std::string name; ///< drawn into the picture
    std::uint32_t width = 640;
    std::uint32_t height = 360;
    std::uint32_t fps = 25;
    config::Codec codec = config::Codec::vp8; ///< vp8, vp9 or h264
    bool audio = true;                        ///< Opus, a tone
    bool tcp = false;                         ///< in place of UDP
};

class Publisher {
  public:
    Publisher(Loop& loop, PublisherSettings settings);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Calls back once with the offer, all candidates in it; empty when it failed.
    void offer(std::function<void(std::string sdp)> onOffer);
    /// The answer of the relay; media starts by itself. False when it is not an SDP.
    bool answer(const std::string& sdp);
    /// Off: no picture is sent any more, the RTP stream pauses. On: it resumes on the same SSRC with a
    /// keyframe.
    void setCamera(bool on);

    /// Sends nothing any more and says no goodbye, as a process that has stopped.
    void freeze();

    std::uint64_t videoFramesSent() const;  ///< pictures handed to the encoder
    std::uint64_t keyframeRequests() const; ///< PLI and FIR that arrived

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spillway::relay
