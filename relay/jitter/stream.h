// What the element does with the packets of its stream: from its pads to the JitterBuffer and back.
//
// Owner: the element, which has the pads. Packets and alarms come with the stream lock of the sink pad held.
// Its own mutex is held for moments only, never while calling out.
#pragma once

#include "relay/gst/ref.h"
#include "relay/jitter/jitter_buffer.h"
#include "relay/jitter/timers.h"
#include "relay/rtp/capture_clock.h"

#include <gst/gst.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace spillway::relay::jitter {

class Stream {
  public:
    /// What the element has that the stream needs. They outlive it.
    struct Element {
        GstElement* element;
        GstPad* sink;
        GstPad* source;
        std::function<std::uint32_t(unsigned payloadType)> clockRate; ///< 0 when nobody knows it
    };

    Stream(Element element, std::weak_ptr<Timers> timers, std::shared_ptr<Pool> pool,
           std::shared_ptr<rtp::SenderClocks> senders);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Streaming thread.
    void onPacket(gst::Ref<GstBuffer> buffer);
    void onReport(GstBuffer* rtcp);
    /// Inside a push: the next packets of this type go on by this pad.
    void setExit(unsigned payloadType, gst::Ref<GstPad> exit) { exits_[payloadType] = std::move(exit); }
    /// Everything that is held goes out: the end of the stream.
    void drain();
    /// Everything that is held is dropped, and the next packet is the first. While no data flows.
    void reset();
    void learn(unsigned payloadType, std::uint32_t clockRate);
    void forgetClockRates();

    // Any thread.
    void setLatency(Time latency);
    void setRetransmission(bool wanted);
    void setLostEvents(bool wanted);
    Settings settings() const;
    bool lostEvents() const;
    /// Whether a packet of this type came since the last reset.
    bool knows(unsigned payloadType) const { return known_.at(payloadType).load(std::memory_order_relaxed); }
    /// The highest sequence number that came, held or not.
    std::uint16_t newest() const;
    /// To be freed by the caller.
    GstStructure* stats() const;
    /// By the sender reports that came.
    const std::shared_ptr<rtp::CaptureClock>& clock() const { return clock_; }

  private:
    using Buffer = JitterBuffer<gst::Ref<GstBuffer>>;
    using Ready = Buffer::Ready;
    class Wake;

    /// What is to be done outside the mutex.
    struct Work {
        std::vector<Ready> ready;
        std::vector<Request> requests;
        std::optional<Time> roundTrip;
        std::optional<Time> next;
    };
    enum class On { streamingThread, timers };

    std::optional<Clock::time_point> onAlarm();
    std::optional<Packet> read(GstBuffer* buffer, Time now);
    std::uint32_t clockRateOf(unsigned payloadType);
    Time runningTime() const;
    Time arrivalOf(GstBuffer* buffer, Time now) const;
    void look(Work& work, Time now);
    void carryOut(Work& work, On thread);
    void request(const Work& work);
    GstPad* exitOf(unsigned payloadType);
    void push(Ready ready);
    void pushLost(const Ready& ready);
    void arm(std::optional<Time> at, Time now);
    bool mustRing(std::optional<Time> at) const;

    const Element element_;
    const std::weak_ptr<Timers> timers_;
    const std::shared_ptr<Wake> wake_;
    const std::shared_ptr<rtp::CaptureClock> clock_;

    // Under the stream lock.
    std::vector<Ready> parked_;
    std::optional<unsigned> lastType_;
    std::map<unsigned, gst::Ref<GstPad>> exits_; ///< by payload type
    std::optional<Time> lastPushed_;
    std::set<Time> alarms_; ///< when the timers will call; two or three at most

    std::array<std::atomic<bool>, 128> known_{}; ///< by payload type
    std::atomic<bool> mapsChanged_{false};

    mutable std::mutex mutex_; ///< protects what follows
    Buffer buffer_;
    std::array<std::uint32_t, 128> clockRates_{};
    bool lostEvents_ = false;
};

} // namespace spillway::relay::jitter
