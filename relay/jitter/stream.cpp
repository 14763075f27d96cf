// On the main path of every packet that comes in.
#include "relay/jitter/stream.h"

#include "relay/gst/buffer_map.h"
#include "relay/gst/clock_time.h"
#include "relay/gst/element.h"
#include "relay/rtp/packet.h"

#include <gst/rtp/gstrtpbuffer.h>

#include <utility>

namespace spillway::relay::jitter {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A buffer's own time of arrival is taken when it is no older than this.
constexpr seconds oldestArrival{1};
/// While somebody else pushes through the stream.
constexpr milliseconds tryAgain{1};

guint toMilliseconds(Time time) {
    return static_cast<guint>(std::chrono::ceil<milliseconds>(time).count());
}

} // namespace

/// Reaches the element as long as that lives, and keeps it while it is inside.
class Stream::Wake : public Alarm {
  public:
    Wake(Stream& stream, GstElement* element)
        : stream_(stream) {
        g_weak_ref_init(&element_, element);
    }
    ~Wake() override { g_weak_ref_clear(&element_); }
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    std::optional<Clock::time_point> onAlarm(Clock::time_point) override {
        const auto element = gst::Ref<GstElement>::adopt(static_cast<GstElement*>(g_weak_ref_get(&element_)));
        return element ? stream_.onAlarm() : std::nullopt;
    }

  private:
    Stream& stream_; ///< lives as long as the element does
    GWeakRef element_{};
};

Stream::Stream(Element element, std::weak_ptr<Timers> timers, std::shared_ptr<Pool> pool,
               std::shared_ptr<rtp::SenderClocks> senders)
    : element_(std::move(element))
    , timers_(std::move(timers))
    , wake_(std::make_shared<Wake>(*this, element_.element))
    , clock_(std::make_shared<rtp::CaptureClock>(std::move(senders)))
    , buffer_(std::move(pool)) {}

Stream::~Stream() = default;

/// On the clock that buffers have their times of; without one, on our own.
Time Stream::runningTime() const {
    const auto time = gst::durationOf(gst_element_get_current_running_time(element_.element));
    return time ? *time : Clock::now().time_since_epoch();
}

Time Stream::arrivalOf(GstBuffer* buffer, Time now) const {
    const auto arrived = gst::durationOf(GST_BUFFER_DTS_OR_PTS(buffer));
    return arrived && *arrived <= now && *arrived >= now - oldestArrival ? *arrived : now;
}

std::uint32_t Stream::clockRateOf(unsigned payloadType) {
    {
        const std::lock_guard lock(mutex_);
        if (clockRates_[payloadType] != 0) return clockRates_[payloadType];
    }
    const std::uint32_t rate = element_.clockRate(payloadType);
    learn(payloadType, rate);
    return rate;
}

std::optional<Packet> Stream::read(GstBuffer* buffer, Time now) {
    const gst::BufferMap map(buffer);
    const auto header = rtp::readPacket(map.bytes());
    if (!header) return std::nullopt;
    known_.at(header->payloadType).store(true, std::memory_order_relaxed);
    return Packet{header->sequence,
                  header->timestamp,
                  clockRateOf(header->payloadType),
                  arrivalOf(buffer, now),
                  map.bytes().size(),
                  GST_BUFFER_FLAG_IS_SET(buffer, GST_RTP_BUFFER_FLAG_RETRANSMISSION),
                  header->payloadType};
}

void Stream::onPacket(gst::Ref<GstBuffer> buffer) {
    const Time now = runningTime();
    const auto packet = read(buffer.get(), now);
    if (!packet) return;
    Work work;
    {
        const std::lock_guard lock(mutex_);
        buffer_.add(*packet, std::move(buffer), work.ready);
        look(work, now);
    }
    carryOut(work, On::streamingThread);
    arm(work.next, now);
}

/// Under the mutex.
void Stream::look(Work& work, Time now) {
    buffer_.advance(now, work.ready);
    work.requests = buffer_.requests(now);
    work.roundTrip = buffer_.roundTrip().value();
    work.next = buffer_.nextCall();
}

/// The thread of the timers pushes no other payload type than the one before: it may make a new pad, or wake
/// a former one, whose owner may wait. It goes with the next packet that comes, and so does what is behind
/// it.
void Stream::carryOut(Work& work, On thread) {
    request(work);
    for (auto& ready : std::exchange(parked_, {}))
        thread == On::timers ? parked_.push_back(std::move(ready)) : push(std::move(ready));
    for (auto& ready : work.ready) {
        const bool waits = thread == On::timers && (!parked_.empty() || lastType_ != ready.payloadType);
        waits ? parked_.push_back(std::move(ready)) : push(std::move(ready));
    }
}

/// rtpsession takes `deadline` less `avg-rtt` for the longest that the request may wait for its turn.
void Stream::request(const Work& work) {
    for (const Request& request : work.requests) {
        GstStructure* structure =
            gst_structure_new("GstRTPRetransmissionRequest", "seqnum", G_TYPE_UINT, guint{request.sequence},
                              "retry", G_TYPE_UINT, request.retry, "delay", G_TYPE_UINT, 0U, "deadline",
                              G_TYPE_UINT, toMilliseconds(request.remaining), "avg-rtt", G_TYPE_UINT,
                              toMilliseconds(work.roundTrip.value_or(Time{0})), nullptr);
        gst_pad_push_event(element_.sink, gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure));
    }
}

/// Once payload types may have got another meaning, the demultiplexer sees to it that their caps are told.
GstPad* Stream::exitOf(unsigned payloadType) {
    if (mapsChanged_.load(std::memory_order_relaxed)) return element_.source;
    const auto found = exits_.find(payloadType);
    return found == exits_.end() ? element_.source : found->second.get();
}

void Stream::push(Ready ready) {
    GstBuffer* buffer = gst_buffer_make_writable(ready.payload.release());
    if (ready.lostBefore > 0) pushLost(ready);
    if (ready.lostBefore > 0 || ready.stamp.restarted) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    if (ready.stamp.restarted) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_RESYNC);
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(std::max(Time{0}, ready.stamp.presentation).count());
    GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>(std::max(Time{0}, ready.stamp.decoding).count());
    lastPushed_ = ready.stamp.presentation;
    lastType_ = ready.payloadType;
    gst_pad_push(exitOf(*lastType_), buffer);
}

/// One event for the whole gap.
void Stream::pushLost(const Ready& ready) {
    if (!lostEvents() || !lastPushed_) return;
    const Time length = std::max(Time{0}, ready.stamp.presentation - *lastPushed_);
    const auto first = static_cast<std::uint16_t>(ready.sequence - ready.lostBefore);
    GstStructure* structure = gst_structure_new(
        "GstRTPPacketLost", "seqnum", G_TYPE_UINT, guint{first}, "timestamp", G_TYPE_UINT64,
        static_cast<guint64>(std::max(Time{0}, *lastPushed_).count()), "duration", G_TYPE_UINT64,
        static_cast<guint64>(length.count()), "retry", G_TYPE_UINT, 0U, nullptr);
    gst_pad_push_event(element_.source, gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, structure));
}

/// Calls that come too early find nothing to do, and see to the next one.
bool Stream::mustRing(std::optional<Time> at) const {
    return at && (alarms_.empty() || *alarms_.begin() > *at);
}

void Stream::arm(std::optional<Time> at, Time now) {
    if (!mustRing(at)) return;
    const auto timers = timers_.lock();
    if (!timers) return;
    alarms_.insert(*at);
    timers->set(wake_, Clock::now() + (*at - now));
}

std::optional<Clock::time_point> Stream::onAlarm() {
    // Whoever has it may be inside a long push: others wait for their alarms.
    if (!GST_PAD_STREAM_TRYLOCK(element_.sink)) return Clock::now() + tryAgain;
    std::optional<Clock::time_point> again;
    alarms_.erase(alarms_.begin()); // they ring in order
    if (!GST_PAD_IS_FLUSHING(element_.sink)) {
        const Time now = runningTime();
        Work work;
        {
            const std::lock_guard lock(mutex_);
            look(work, now);
        }
        carryOut(work, On::timers);
        if (mustRing(work.next)) {
            alarms_.insert(*work.next);
            again = Clock::now() + (*work.next - now);
        }
    }
    GST_PAD_STREAM_UNLOCK(element_.sink);
    return again;
}

void Stream::drain() {
    Work work;
    {
        const std::lock_guard lock(mutex_);
        buffer_.drain(work.ready);
    }
    carryOut(work, On::streamingThread);
}

void Stream::reset() {
    Buffer former(buffer_.pool());
    parked_.clear();
    exits_.clear();
    lastPushed_.reset();
    for (auto& known : known_)
        known.store(false, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    former.set(buffer_.settings());
    std::swap(former, buffer_);
}

void Stream::learn(unsigned payloadType, std::uint32_t clockRate) {
    const std::lock_guard lock(mutex_);
    clockRates_[payloadType] = clockRate;
}

void Stream::forgetClockRates() {
    mapsChanged_.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    clockRates_.fill(0);
}

void Stream::onReport(GstBuffer* rtcp) {
    const gst::BufferMap map(rtcp);
    const auto report = rtp::readSenderReport(map.bytes());
    if (!report) return;
    std::uint32_t clockRate = 0;
    {
        const std::lock_guard lock(mutex_);
        clockRate = buffer_.timeline().clockRate();
    }
    clock_->onReport(*report, Clock::now(), clockRate);
}

void Stream::setLatency(Time latency) {
    const std::lock_guard lock(mutex_);
    buffer_.set({latency, buffer_.settings().retransmission});
}

void Stream::setRetransmission(bool wanted) {
    const std::lock_guard lock(mutex_);
    buffer_.set({buffer_.settings().latency, wanted});
}

void Stream::setLostEvents(bool wanted) {
    const std::lock_guard lock(mutex_);
    lostEvents_ = wanted;
}

Settings Stream::settings() const {
    const std::lock_guard lock(mutex_);
    return buffer_.settings();
}

bool Stream::lostEvents() const {
    const std::lock_guard lock(mutex_);
    return lostEvents_;
}

std::uint16_t Stream::newest() const {
    const std::lock_guard lock(mutex_);
    return buffer_.newest();
}

GstStructure* Stream::stats() const {
    const std::lock_guard lock(mutex_);
    const Counts& counts = buffer_.counts();
    return gst_structure_new("application/x-rtp-jitterbuffer-stats", "num-pushed", G_TYPE_UINT64,
                             guint64{counts.delivered}, "num-lost", G_TYPE_UINT64, guint64{counts.lost},
                             "num-late", G_TYPE_UINT64, guint64{counts.late}, "num-duplicates", G_TYPE_UINT64,
                             guint64{counts.duplicates}, "rtx-count", G_TYPE_UINT64, guint64{counts.requests},
                             "rtx-success-count", G_TYPE_UINT64, guint64{buffer_.answered()}, nullptr);
}

} // namespace spillway::relay::jitter
