// The same packets through GStreamer's rtpjitterbuffer and through ours, in real time, side by side.
#include "relay/jitter/element.h"

#include "relay/gst/element.h"

#include "support/catch.h"

#include <gst/rtp/rtp.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

using namespace spillway;
using namespace spillway::relay;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr std::uint32_t clockRate = 90000;
constexpr unsigned payloadType = 96;
constexpr auto latency = 100ms;

struct Network {
    const char* name;
    double loss = 0;        ///< of packets
    double duplication = 0; ///< of packets
    double reordering = 0;  ///< of packets, by up to 20 ms
    microseconds jitter{};  ///< at most, for what queues up in order
    double clock = 1;       ///< of the sender, against ours
    bool answers = false;   ///< to requests, after 30 ms, but for one packet in five
};

struct Packet {
    microseconds arrives{};
    int number = 0; ///< sequence number, but for wraps
    std::uint32_t timestamp = 0;
    bool retransmitted = false;
    bool operator<(const Packet& other) const { return arrives < other.arrives; }
};

/// Two seconds of video: frames of eight packets that are paced over half of their time.
struct Trace {
    Trace(const Network& from, unsigned seed)
        : network(from) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> chance(0, 1);
        microseconds queued{};
        for (int i = 0; i < 480; ++i) {
            const auto sent = microseconds(33'333 * (i / 8) + 2'000 * (i % 8));
            Packet packet{sent, first + i, static_cast<std::uint32_t>(3000.0 * network.clock * (i / 8)),
                          false};
            timestamps[packet.number] = packet.timestamp;
            const bool calm = i < 16; // so that both begin with the same packet
            const auto delay = microseconds(
                static_cast<microseconds::rep>(chance(random) * static_cast<double>(network.jitter.count())));
            queued = std::max(queued, sent + (calm ? 0us : delay));
            packet.arrives = queued;
            if (!calm && chance(random) < network.loss) continue;
            if (!calm && chance(random) < network.reordering)
                packet.arrives += microseconds(static_cast<microseconds::rep>(chance(random) * 20'000));
            packets.push_back(packet);
            if (!calm && chance(random) < network.duplication) {
                packet.arrives += 5ms;
                packets.push_back(packet);
            }
        }
        std::stable_sort(packets.begin(), packets.end());
    }

    static constexpr int first = 65'400; // wraps in the middle
    Network network;
    std::vector<Packet> packets; ///< in order of arrival
    std::map<int, std::uint32_t> timestamps;
};

gst::Ref<GstBuffer> toBuffer(const Packet& packet, GstClockTime now) {
    GstBuffer* buffer = gst_rtp_buffer_new_allocate(100, 0, 0);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    gst_rtp_buffer_map(buffer, GST_MAP_WRITE, &rtp);
    gst_rtp_buffer_set_ssrc(&rtp, 4711);
    gst_rtp_buffer_set_seq(&rtp, static_cast<std::uint16_t>(packet.number));
    gst_rtp_buffer_set_timestamp(&rtp, packet.timestamp);
    gst_rtp_buffer_set_payload_type(&rtp, payloadType);
    gst_rtp_buffer_unmap(&rtp);
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = now;
    if (packet.retransmitted) GST_BUFFER_FLAG_SET(buffer, GST_RTP_BUFFER_FLAG_RETRANSMISSION);
    return gst::Ref<GstBuffer>::adopt(buffer);
}

struct Delivered {
    int number = 0;
    microseconds at{};
    GstClockTime presentation = 0;
};

/// Plays a trace through one element.
class Player {
  public:
    Player(const Trace& trace, gst::Ref<GstElement> element)
        : trace_(trace)
        , element_(std::move(element)) {
        const auto clock = gst::Ref<GstClock>::adopt(gst_system_clock_obtain());
        gst_element_set_clock(element_.get(), clock.get());
        gst_element_set_base_time(element_.get(), gst_clock_get_time(clock.get()));
        g_object_set(element_.get(), "latency", static_cast<guint>(latency / 1ms), "do-retransmission",
                     trace.network.answers ? TRUE : FALSE, nullptr);
        g_signal_connect(element_.get(), "request-pt-map", G_CALLBACK(onRequestPtMap), nullptr);
        gst_pad_set_element_private(sink_.get(), this);
        gst_pad_set_chain_function(sink_.get(), onBuffer);
        gst_pad_set_element_private(source_.get(), this);
        gst_pad_set_event_function(source_.get(), onUpstream);
        gst_pad_link(source_.get(), gst::staticPad(element_.get(), "sink").get());
        gst_pad_link(gst::staticPad(element_.get(), "src").get(), sink_.get());
        gst_pad_set_active(sink_.get(), TRUE);
        gst_pad_set_active(source_.get(), TRUE);
        gst_element_set_state(element_.get(), GST_STATE_PLAYING);
        gst_pad_push_event(source_.get(), gst_event_new_stream_start("trace"));
        const auto caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtp"));
        gst_pad_push_event(source_.get(), gst_event_new_caps(caps.get()));
        GstSegment segment;
        gst_segment_init(&segment, GST_FORMAT_TIME);
        gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
    }
    ~Player() {
        gst_element_set_state(element_.get(), GST_STATE_NULL);
        gst_pad_set_active(sink_.get(), FALSE);
        gst_pad_set_active(source_.get(), FALSE);
    }
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    void play() {
        std::multimap<microseconds, Packet> due;
        for (const Packet& packet : trace_.packets)
            due.emplace(packet.arrives, packet);
        const auto end = trace_.packets.back().arrives + 2 * microseconds(latency);
        while (now() < end) {
            std::unique_lock lock(mutex_);
            due.merge(answers_);
            const auto next = due.empty() ? end : std::min(end, due.begin()->first);
            if (next > now()) {
                wake_.wait_until(lock, begun_ + next);
                continue;
            }
            lock.unlock();
            const Packet packet = due.extract(due.begin()).mapped();
            const auto time = gst_element_get_current_running_time(element_.get());
            gst_pad_push(source_.get(), toBuffer(packet, time).release());
        }
    }
    std::vector<Delivered> delivered() {
        const std::lock_guard lock(mutex_);
        return delivered_;
    }
    int requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

  private:
    using Clock = std::chrono::steady_clock;

    microseconds now() const { return std::chrono::duration_cast<microseconds>(Clock::now() - begun_); }
    static int numberOf(unsigned sequence) {
        return static_cast<int>(sequence) + (sequence < 32'768 ? 65'536 : 0);
    }
    static GstCaps* onRequestPtMap(GstElement*, guint, gpointer) {
        return gst_caps_new_simple("application/x-rtp", "clock-rate", G_TYPE_INT, int{clockRate}, nullptr);
    }
    static GstFlowReturn onBuffer(GstPad* pad, GstObject*, GstBuffer* buffer) {
        auto& player = *static_cast<Player*>(gst_pad_get_element_private(pad));
        GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
        gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp);
        const int number = numberOf(gst_rtp_buffer_get_seq(&rtp));
        gst_rtp_buffer_unmap(&rtp);
        const std::lock_guard lock(player.mutex_);
        player.delivered_.push_back({number, player.now(), GST_BUFFER_PTS(buffer)});
        gst_buffer_unref(buffer);
        return GST_FLOW_OK;
    }
    static gboolean onUpstream(GstPad* pad, GstObject*, GstEvent* event) {
        auto& player = *static_cast<Player*>(gst_pad_get_element_private(pad));
        const GstStructure* structure = gst_event_get_structure(event);
        guint sequence = 0;
        if (structure && gst_structure_has_name(structure, "GstRTPRetransmissionRequest") &&
            gst_structure_get_uint(structure, "seqnum", &sequence))
            player.answer(numberOf(sequence));
        gst_event_unref(event);
        return TRUE;
    }
    void answer(int number) {
        const std::lock_guard lock(mutex_);
        ++requests_;
        const auto timestamp = trace_.timestamps.find(number);
        if (timestamp == trace_.timestamps.end() || number % 5 == 0) return;
        const Packet packet{now() + 30ms, number, timestamp->second, true};
        answers_.emplace(packet.arrives, packet);
        wake_.notify_one();
    }

    const Trace& trace_;
    gst::Ref<GstElement> element_;
    gst::Ref<GstPad> source_ = gst::Ref<GstPad>::sink(gst_pad_new("before", GST_PAD_SRC));
    gst::Ref<GstPad> sink_ = gst::Ref<GstPad>::sink(gst_pad_new("behind", GST_PAD_SINK));
    const Clock::time_point begun_ = Clock::now();
    std::mutex mutex_; ///< protects what follows
    std::condition_variable wake_;
    std::multimap<microseconds, Packet> answers_;
    std::vector<Delivered> delivered_;
    int requests_ = 0;
};

double meanDelay(const std::vector<Delivered>& delivered) {
    double sum = 0;
    for (const auto& packet : delivered) {
        const int index = packet.number - Trace::first;
        sum += static_cast<double>(packet.at.count() - (33'333 * (index / 8) + 2'000 * (index % 8)));
    }
    return sum / static_cast<double>(delivered.size()) / 1000;
}

void compare(const Trace& trace, Player& oursPlayer, Player& theirsPlayer) {
    const auto ours = oursPlayer.delivered();
    const auto theirs = theirsPlayer.delivered();
    CAPTURE(trace.network.name, ours.size(), theirs.size(), oursPlayer.requests(), theirsPlayer.requests());
    REQUIRE(theirs.size() > 300);
    std::map<int, Delivered> byNumber;
    int last = -1;
    for (const Delivered& packet : ours) {
        CHECK(packet.number > last);
        last = packet.number;
        byNumber[packet.number] = packet;
    }
    std::vector<int> missed;
    microseconds latest{};
    for (const Delivered& packet : theirs) {
        const auto it = byNumber.find(packet.number);
        if (it == byNumber.end())
            missed.push_back(packet.number);
        else
            latest = std::max(latest, it->second.at - packet.at);
    }
    CAPTURE(missed);
    CHECK(missed.empty());
    // theirs guesses when a lost packet should have come; a gap of ours begins with the packet after it.
    CHECK(latest < 50ms);
    // And it counts a gap's wait from when its packet would have come without jitter.
    CHECK(meanDelay(ours) <= meanDelay(theirs) + 1 + static_cast<double>(trace.network.jitter / 1us) / 1000);
    if (trace.network.answers) CHECK(oursPlayer.requests() <= 2 * theirsPlayer.requests());
    for (const Delivered& packet : ours) {
        const double rtp = trace.timestamps.at(packet.number) / double{clockRate} * GST_SECOND;
        const double since =
            static_cast<double>(packet.presentation) - static_cast<double>(ours.front().presentation);
        if (std::abs(since - rtp) > 0.005 * rtp + 1000) FAIL("presented at another time: " << packet.number);
    }
}

} // namespace

TEST_CASE("our jitter buffer delivers what GStreamer's does, and no later") {
    const Network networks[] = {
        {"quiet"},
        {"jitter and drift", 0, 0, 0, 15ms, 1.0005},
        {"reordering and duplicates", 0, 0.03, 0.05, 2ms},
        {"loss", 0.03, 0, 0, 5ms},
        {"loss and answers", 0.05, 0, 0, 2ms, 1, true},
        {"everything", 0.05, 0.02, 0.03, 10ms, 0.9995, true},
    };
    const auto timers = jitter::sharedTimers();
    std::vector<std::unique_ptr<Trace>> traces;
    std::vector<std::unique_ptr<Player>> players; // ours and theirs in turn
    std::vector<std::thread> threads;
    for (const Network& network : networks) {
        traces.push_back(std::make_unique<Trace>(network, 4711U + static_cast<unsigned>(traces.size())));
        auto theirs = gst::makeElement("rtpjitterbuffer");
        g_object_set(theirs.get(), "rtx-next-seqnum", FALSE, "faststart-min-packets", 1U, nullptr);
        players.push_back(
            std::make_unique<Player>(*traces.back(), gst::Ref<GstElement>::sink(jitter::newElement(timers))));
        threads.emplace_back([player = players.back().get()] { player->play(); });
        players.push_back(std::make_unique<Player>(*traces.back(), std::move(theirs)));
        threads.emplace_back([player = players.back().get()] { player->play(); });
    }
    for (auto& thread : threads)
        thread.join();
    for (std::size_t i = 0; i < traces.size(); ++i)
        compare(*traces[i], *players[2 * i], *players[2 * i + 1]);
}
